"""A bank's back end that speaks the Cloud API over HTTP, and the phones of its users."""

import base64
from typing import Any, Final

from flask import Flask
from werkzeug.test import TestResponse

from app.demo.phone.handset import Handset
from app.demo.phone.signing import Proof
from app.mtoken.access import INTEGRATION
from app.mtoken.demo_access import DEMO_ADMIN, DEMO_INTEGRATION, DEMO_PASSWORD
from tests.support.device import KNOWLEDGE, PIN, USER, Device, now, offer
from tests.support.store import serving

PREFIX: Final = "/powerauth-cloud"
APP: Final = "demo"
PAYMENT: Final = {
    "template": "payment",
    "parameters": {"amount": "63.99", "currency": "EUR", "iban": "CZ5508000000001234567899"},
}
PAYMENT_DATA: Final = "A1*A63.99EUR*ICZ5508000000001234567899"
CAME: Final = {"facade": "cloud", "address": "127.0.0.1"}
"""What the audit trail says of each call besides."""
DEVICE_API: Final = "/api/auth/token/app/operation"


def basic(name: str, password: str) -> dict[str, str]:
    """Return the header of a system user."""
    both = base64.b64encode(f"{name}:{password}".encode()).decode()
    return {"Authorization": f"Basic {both}"}


class Cloud:
    """Makes calls, as the demo's integration user unless somebody else is named."""

    def __init__(
        self, app: Flask, name: str = DEMO_INTEGRATION, password: str = DEMO_PASSWORD
    ) -> None:
        self.app = app
        self.headers = basic(name, password)

    def ask(self, method: str, path: str, body: object = None, /, **query: object) -> TestResponse:
        """Make a call, whatever comes back."""
        return self.app.test_client().open(
            PREFIX + path, method=method, json=body, query_string=query, headers=self.headers
        )

    def __call__(self, method: str, path: str, body: object = None, /, **query: object) -> Any:
        """Make a call that succeeds; return its answer."""
        answer = self.ask(method, path, body, **query)
        assert answer.status_code == 200, answer.text
        return answer.json

    def refused(self, method: str, path: str, body: object = None, **query: object) -> str:
        """Make a call that is refused; return the code."""
        answer = self.ask(method, path, body, **query)
        assert answer.status_code == 400, answer.text
        assert answer.json is not None
        assert answer.json["status"] == "ERROR"
        return str(answer.json["responseObject"]["code"])

    # --- registrations ---

    def register(self, user: str = USER, app_id: str = APP, **more: object) -> Any:
        """Make a registration."""
        return self("POST", "/v2/registrations", {"userId": user, "appId": app_id, **more})

    def registration(self, registration: str) -> Any:
        """Return a registration as it is."""
        return self("GET", f"/v2/registrations/{registration}")

    def status(self, registration: str) -> str:
        """Return where a registration stands."""
        return str(self.registration(registration)["registrationStatus"])

    def commit(self, registration: str, **more: object) -> Any:
        """Let a phone work."""
        return self("POST", f"/v2/registrations/{registration}/commit", more)

    def change(self, registration: str, change: str, **more: object) -> Any:
        """Block, unblock or remove a phone."""
        return self("PUT", f"/v2/registrations/{registration}", {"change": change, **more})

    def phone(self, user: str = USER, *, commit: bool = True, **more: Any) -> Device:
        """Register a phone, as a bank and its customer do."""
        made = self.register(user, **more)
        device = exchanged(self.app, made["activationCode"])
        assert device.id == made["registrationId"]
        if commit:
            self.commit(device.id)
        return device

    # --- operations ---

    def open(self, user: str | None = USER, **more: object) -> Any:
        """Open an operation, a payment unless something else is said."""
        named = {} if user is None else {"userId": user}
        return self("POST", "/v2/operations", PAYMENT | named | more)

    def operation(self, operation: str) -> Any:
        """Return an operation as it is."""
        return self("GET", f"/v2/operations/{operation}")


def admin(app: Flask) -> Cloud:
    """Return the demo's administrator."""
    return Cloud(app, DEMO_ADMIN)


def integrator(app: Flask, name: str, *applications: str, authority: str = INTEGRATION) -> Cloud:
    """Make a system user with some applications, which are made, too."""
    with serving(app) as services:
        password = services.system_users.add(name, authority)
        user = services.system_users.look(name)
        assert user is not None
        for application in applications:
            services.mtoken.applications.ensure(application, application)
            services.system_users.grant(user, application)
        services.commit()
    return Cloud(app, name, password)


def exchanged(app: Flask, code: str) -> Device:
    """Let a new phone of the demo's app exchange keys."""
    answer, pairing = offer(app, code)
    assert answer.status_code == 200, answer.text
    return Device(app, Handset(pairing.finish(answer.data, PIN)))


def pending(device: Device) -> list[Any]:
    """Return what waits for a phone."""
    if not device.handset.state.tokens:
        device.create_token()
    answer = device.post(device.handset.with_token(f"{DEVICE_API}/list", {}, now()))
    assert answer.json is not None, answer.text
    return list(answer.json["responseObject"])


def approve(device: Device, operation: Any, proof: Proof = KNOWLEDGE, **more: Any) -> TestResponse:
    """Approve an operation on a phone, as the app shows it."""
    value = {"requestObject": {"id": operation["id"], "data": operation["data"], **more}}
    call = device.handset.signed(f"{DEVICE_API}/authorize", "/operation/authorize", value, proof)
    return device.post(call)
