"""What generated requests are about: names of what there is, and a phone that signs them."""

from collections.abc import Iterable
from io import BytesIO
from typing import Any, Final
from wsgiref.types import StartResponse, WSGIEnvironment

from flask import Flask

from app.demo.phone.calls import AUTHORIZATION, TOKEN
from app.demo.phone.signing import POSSESSION, authorization
from app.demo.phone.tokens import token_header
from app.mtoken.demo_access import DEMO_ACCESS_KEY
from tests.support.cloud import APP, Cloud, admin
from tests.support.device import KNOWLEDGE, USER, now
from tests.support.nevis import USERNAME, Nevis, dispatched
from tests.support.references import CLOUD, DEVICE, NEVIS, Facade
from tests.support.walker import prepared

OPERATIONS: Final = "/enrollment-server/api/auth/token/app/operation"
SIGNED: Final = {
    "/enrollment-server/pa/v3/signature/validate": ("/pa/signature/validate", KNOWLEDGE),
    "/enrollment-server/pa/v3/token/remove": ("/pa/token/remove", POSSESSION),
    f"{OPERATIONS}/history": ("/operation/history", KNOWLEDGE),
    f"{OPERATIONS}/authorize": ("/operation/authorize", KNOWLEDGE),
    f"{OPERATIONS}/cancel": ("/operation/cancel", POSSESSION),
}
"""Calls that a phone survives, with the constant and the factors of their signature."""


class Targets:
    """Names for one façade, made anew as they are used up."""

    def __init__(self, app: Flask, facade: Facade) -> None:
        self.app, self.facade = app, facade
        self.phone = Cloud(app).phone()
        self.phone.create_token()

    def names(self) -> dict[str, str]:
        """Return ids by the names that the documents have for them."""
        if self.facade is CLOUD:
            return self._of_cloud()
        if self.facade is DEVICE:
            return {"id": self._operation(), "activationId": self.phone.id}
        if self.facade is NEVIS:
            return self._of_nevis()
        return {
            "operationId": prepared(self.app),
            "operationName": "login_sca",
            "userId": USER,
            "organizationId": "RETAIL",
        }

    def _of_cloud(self) -> dict[str, str]:
        cloud, administrator = Cloud(self.app), admin(self.app)
        administrator.ask("POST", "/admin/users", {"username": "robot"})
        template = {
            "templateName": "standing", "operationType": "standing", "dataTemplate": "A2",
            "signatureType": ["possession_knowledge"],
        }  # fmt: skip
        administrator.ask("POST", "/admin/templates/operations", template)
        callback = cloud(
            "POST",
            f"/v2/admin/applications/{APP}/callbacks",
            {"name": "x", "type": "OPERATION_STATUS_CHANGE", "callbackUrl": "https://x.test"},
        )
        return {
            "username": "robot",
            "templateName": "standing",
            "applicationId": APP,
            "appId": APP,
            "userId": USER,
            "registrationId": str(cloud.register()["registrationId"]),
            "operationId": self._operation(),
            "callbackId": str(callback["callbackId"]),
        }

    def _of_nevis(self) -> dict[str, str]:
        nevis = Nevis(self.app, key=DEMO_ACCESS_KEY)
        nevis.forget()  # or there are too many authenticators at some time
        phone = nevis.with_app()
        begun = nevis.approve(channel="app", message="Pay?")
        asked = phone.redeem(begun["appLinkUri"])
        return {
            "username": USERNAME,
            "user_id": nevis.user_id(),
            "authenticator_id": phone.id,
            "token": dispatched(nevis.approve(channel="app")["appLinkUri"])["nma_data"]["token"],
            "statusToken": begun["statusToken"],
            "authenticatorId": phone.id,
            "serverData": asked["uafRequest"]["header"]["serverData"],
        }

    def _operation(self) -> str:
        return str(Cloud(self.app).open()["operationId"])

    def wsgi(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answer as the application does, to the phone if the call needs one."""
        if self.facade is DEVICE:
            self._prove(environ)
        return self.app(environ, start)

    def _prove(self, environ: dict[str, Any]) -> None:
        path, state = environ["PATH_INFO"].rstrip("/"), self.phone.handset.state
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(body)
        if path in SIGNED and environ["REQUEST_METHOD"] == "POST":
            uri_id, proof = SIGNED[path]
            environ[_variable(AUTHORIZATION)] = authorization(state, proof, uri_id, body)
        elif path.startswith("/enrollment-server/api/"):
            environ[_variable(TOKEN)] = token_header(state, "possession_universal", now())


def _variable(header: str) -> str:
    return f"HTTP_{header.upper().replace('-', '_')}"
