"""A bank's back end that speaks the second façade over HTTP, and an app of its users.

The app is independent of the server's crypto: it is written from docs/nevis.md.
"""

import base64
import json
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask
from werkzeug.test import TestResponse

from tests.support.store import serving

INSTANCE: Final = "demo"
USERNAME: Final = "u12345"


class Nevis:
    """Makes calls with an access key of its instance."""

    def __init__(self, app: Flask, instance: str = INSTANCE, key: str | None = None) -> None:
        self.app = app
        self.instance = instance
        self.key = key or new_key(app, instance)

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        /,
        bearer: str | None = "",
        **more: Any,
    ) -> TestResponse:
        """Make a call, whatever comes back; `bearer`: None for no header, empty for the key."""
        token = self.key if bearer == "" else bearer
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        headers |= more.pop("headers", {})
        return self.app.test_client().open(
            f"/nevis/{self.instance}{path}", method=method, json=body, headers=headers, **more
        )

    def __call__(self, method: str, path: str, body: object = None, /, **more: Any) -> Any:
        """Make a call that succeeds; return its answer."""
        answer = self.ask(method, path, body, **more)
        assert answer.status_code in (200, 201), answer.text
        return answer.json

    def refused(
        self, status: int, method: str, path: str, body: object = None, /, **more: Any
    ) -> str:
        """Make a call that is refused; return the first code."""
        answer = self.ask(method, path, body, **more)
        assert answer.status_code == status, answer.text
        assert answer.json is not None
        assert set(answer.json) == {"errors"}
        return str(answer.json["errors"][0]["code"])

    def enroll(self, username: str | None = USERNAME, **more: object) -> Any:
        """Begin an enrolment."""
        named = {} if username is None else {"username": username}
        return self("POST", "/api/v1/users/enroll", {**named, **more})

    def approve(self, username: str | None = USERNAME, **more: object) -> Any:
        """Ask for an approval."""
        named = {} if username is None else {"username": username}
        return self("POST", "/api/v1/approval", {**named, **more})

    def status(self, status_token: str) -> Any:
        """Ask how a transaction stands, as a page does."""
        return self("POST", "/api/v1/status", {"statusToken": status_token}, bearer=None)

    def introspect(self, token: str) -> Any:
        """Judge a token."""
        return self("POST", "/api/v1/introspect", data={"token": token})

    def intent(self, operation: str, username: str = USERNAME, **more: object) -> str:
        """Make an intent token."""
        wanted = {"operation": operation, "username": username, **more}
        return str(self("POST", "/api/v1/intent", wanted)["token"])

    def user_id(self, username: str = USERNAME) -> str:
        """Return the id of a user."""
        user = self("GET", "/api/v1/users", query_string={"username": username})
        return str(user["userId"])

    def forget(self, username: str = USERNAME) -> None:
        """End a user, whether or not there is one."""
        user = self.ask("GET", "/api/v1/users", query_string={"username": username}).json
        self.ask("DELETE", f"/api/v1/users/{(user or {}).get('userId', 'nobody')}")

    def with_app(self, username: str = USERNAME) -> "App":
        """Return an app that is enrolled for a user."""
        app = App(self)
        begun = self.enroll(username)
        app.enroll(begun["enrollment"]["appLinkUri"])
        assert self.status(begun["enrollment"]["statusToken"])["status"] == "succeeded"
        return app


def new_key(app: Flask, instance: str = INSTANCE, name: str = "tests") -> str:
    """Return a new access key."""
    with serving(app) as services:
        key = services.access_keys.create(instance, name)
        services.commit()
        return key


def other_instance(app: Flask, name: str = "other") -> Nevis:
    """Return a back end of another application."""
    with serving(app) as services:
        services.mtoken.applications.ensure(name, name)
        services.commit()
    return Nevis(app, name)


def unpadded(data: bytes) -> str:
    """Write base64url without padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def read_unpadded(text: str) -> bytes:
    """Read base64url without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def dispatched(link: str) -> Any:
    """Return what a link carries."""
    (encoded,) = parse_qs(urlsplit(link).query)["dispatchTokenResponse"]
    return json.loads(read_unpadded(encoded))


@dataclass
class App:
    """An app with one key."""

    nevis: Nevis
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    id: str = ""

    @property
    def public(self) -> str:
        """Our public key as it travels."""
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return unpadded(point)

    def redeem(self, link: str) -> Any:
        """Use the token of a link up; return what is asked."""
        return self.redeem_data(dispatched(link)["nma_data"])

    def redeem_data(self, data: dict[str, str]) -> Any:
        """Use a token up; return what is asked."""
        path = urlsplit(data["redeem_url"]).path.removeprefix(f"/nevis/{self.nevis.instance}")
        return self.nevis("POST", path, {"token": data["token"]}, bearer=None)

    def enroll(self, link: str, **more: object) -> Any:
        """Register at a link."""
        return self.answer(self.registration(self.redeem(link), **more))

    def registration(self, asked: Any, **more: object) -> dict[str, object]:
        """Return the answer that registers us."""
        self.id = asked["uafRequest"]["authenticatorId"]
        signature = self.sign("Reg", asked, self.public)
        return {
            "serverData": asked["uafRequest"]["header"]["serverData"],
            "publicKey": self.public,
            "userVerification": "pin",
            "signature": signature,
            "name": "Pixel 8",
            "platform": "android",
            **more,
        }

    def approve(self, link: str, **more: object) -> Any:
        """Approve what a link leads to."""
        return self.answer({**self.approval(self.redeem(link)), **more})

    def approval(self, asked: Any) -> dict[str, object]:
        """Return the answer that approves."""
        return {
            "serverData": asked["uafRequest"]["header"]["serverData"],
            "authenticatorId": self.id,
            "userVerification": "pin",
            "signature": self.sign("Auth", asked),
        }

    def decline(self, link: str) -> Any:
        """Say no to what a link leads to."""
        secret = self.redeem(link)["uafRequest"]["header"]["serverData"]
        return self.answer({"serverData": secret, "rejected": True})

    def answer(self, body: dict[str, object]) -> Any:
        """Answer, and expect it to be taken."""
        return self.nevis("POST", "/nevisfido/uaf/response", body, bearer=None)

    def refused(self, status: int, body: dict[str, object]) -> str:
        """Answer, and expect a refusal."""
        return self.nevis.refused(status, "POST", "/nevisfido/uaf/response", body, bearer=None)

    def sign(self, act: str, asked: Any, *more: str) -> str:
        """Sign what was asked, once it is what it says."""
        request = asked["uafRequest"]
        text = f"webflow.challenge\n{request['transactionId']}\n{request['data']}"
        challenge = unpadded(sha256(text.encode()).digest())
        assert challenge == request["challenge"]
        lines = ("webflow.app.v1", act, request["header"]["appID"], challenge, "pin", *more)
        return unpadded(self.key.sign("\n".join(lines).encode(), ec.ECDSA(SHA256())))
