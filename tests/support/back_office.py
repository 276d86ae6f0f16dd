"""The bank's own systems beside a portal of processes: they speak the Cloud API."""

from typing import Any, Final

import httpx2

from tests.support.portal import Portal

APP: Final = "demo"
CREDENTIALS: Final = ("integration-user", "changeme")
PAYMENT: Final = {"amount": "63.99", "currency": "EUR", "iban": "CZ5508000000001234567899"}


class BackOffice:
    """Makes registrations and operations."""

    def __init__(self, portal: Portal) -> None:
        self._base = f"{portal.address}/powerauth-cloud/v2"

    def register(self, user: str, **wanted: object) -> tuple[str, str]:
        """Make a registration; return its id, and the text of its QR code."""
        made = self._call("POST", "/registrations", {"userId": user, "appId": APP, **wanted})
        return made["registrationId"], made["activationQrCodeData"]

    def commit(self, registration_id: str) -> None:
        """Let a phone in."""
        self._call("POST", f"/registrations/{registration_id}/commit", {})

    def change(self, registration_id: str, change: str) -> None:
        """Do `BLOCK`, `UNBLOCK` or `REMOVE`."""
        self._call("PUT", f"/registrations/{registration_id}", {"change": change})

    def name_of(self, registration_id: str) -> str:
        """Return how a phone is called here."""
        return str(self._call("GET", f"/registrations/{registration_id}")["name"])

    def ask(self, user: str | None, template: str = "payment", **wanted: object) -> dict[str, Any]:
        """Ask a user's phones for something; return what there is to know of it."""
        body = {"userId": user, "template": template, **wanted}
        if template == "payment":
            body.setdefault("parameters", PAYMENT)
        return self._call("POST", "/operations", body)

    def state_of(self, operation_id: str) -> dict[str, Any]:
        """Return what became of an operation."""
        return self._call("GET", f"/operations/{operation_id}")

    def write(self, user: str, **message: object) -> str:
        """Leave a message in a user's inbox; return its id."""
        usual = {"type": "text", "subject": "Opening hours", "summary": "Open until eight.",
                 "body": "Until eight,\non Fridays until six."}  # fmt: skip
        made = self._call("POST", "/inbox/messages", {"userId": user, **usual, **message})
        return str(made["id"])

    def has_read(self, message_id: str) -> bool:
        """Tell whether a message was read."""
        return bool(self._call("GET", f"/inbox/messages/{message_id}")["read"])

    def cancel(self, operation_id: str) -> None:
        """Withdraw an operation."""
        self._call("DELETE", f"/operations/{operation_id}")

    def _call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        answer = httpx2.request(
            method, self._base + path, json=body, auth=CREDENTIALS, trust_env=False, timeout=20
        )
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found
