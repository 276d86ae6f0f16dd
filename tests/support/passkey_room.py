"""Passkeys of a running portal: enrolled by its second façade, in Chromium's own authenticator."""

from collections.abc import Callable
from contextlib import closing
from typing import Any, Final, TypeVar

import httpx2
from playwright.sync_api import Page
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from app.store.operations import OperationRow
from app.store.passkeys import PasskeyRow
from app.store.registrations import FIDO2, Registration
from tests.support.portal import Portal

T = TypeVar("T")
INSTANCE: Final = "demo"
LOAD: Final = """address => new Promise((done, failed) => {
    const script = document.createElement("script");
    Object.assign(script, { src: address, onload: done, onerror: failed });
    document.head.append(script);
})"""
RESIDENT: Final = {"authenticatorSelection": {"residentKey": "required"}}


class PasskeyRoom:
    """A back end of the bank, and what only the portal's database tells."""

    def __init__(self, portal: Portal) -> None:
        self._base = f"{portal.address}/nevis/{INSTANCE}"
        self._key = portal.flask("access-keys", "create", INSTANCE, "tests").split()[-1]
        self._database = portal.settings.database

    def enrol(self, page: Page, user: str) -> dict[str, Any]:
        """Let the browser of a page make a passkey; return what the script says of it."""
        wanted = {"username": user, "channel": "fido2", "displayName": user}
        begun = self.call("/api/v1/users/enroll", {**wanted, "fido2Options": RESIDENT})
        self.load(page)
        said: dict[str, Any] = page.evaluate(
            "asked => nevis.auth.fido2.register(asked)",
            {**begun["enrollment"], "authenticatorName": "My key"},
        )
        return said

    def ask(self, page: Page, **wanted: object) -> dict[str, Any]:
        """Ask for an approval, and let the browser of a page sign it; return what is said of it."""
        begun = self.call("/api/v1/approval", {"channel": "fido2", **wanted})
        self.load(page)
        said: dict[str, Any] = page.evaluate("asked => nevis.auth.fido2.authenticate(asked)", begun)
        return said

    def load(self, page: Page) -> None:
        """Put the script of the façade into a page, as the bank's page has it."""
        page.evaluate(LOAD, f"{self._base}/fido2-client/fido2-client.js")

    def call(self, path: str, body: object) -> dict[str, Any]:
        """Make a call of the façade."""
        answer = httpx2.post(
            self._base + path,
            json=body,
            headers={"Authorization": f"Bearer {self._key}"},
            trust_env=False,
            timeout=20,
        )
        assert answer.status_code in (200, 201), answer.text
        found: dict[str, Any] = answer.json()
        return found

    def asked(self, user: str) -> tuple[str, str]:
        """Return id and data of what a user's passkeys were asked last in the portal."""

        def find(session: Session) -> tuple[str, str]:
            wanted = (
                select(OperationRow.id, OperationRow.data)
                .where(
                    OperationRow.user_id == user,
                    OperationRow.kind == FIDO2,
                    OperationRow.external_id.is_not(None),
                )
                .order_by(OperationRow.created_at.desc())
            )
            found = session.execute(wanted).first()
            assert found is not None
            return found[0], found[1]

        return self._look(find)

    def status(self, operation_id: str) -> str:
        """Return how an operation stands."""
        return self._look(lambda s: s.get_one(OperationRow, operation_id).status)

    def credential_of(self, user: str) -> str:
        """Return the id of a user's passkey."""
        return self._look(
            lambda s: s.scalars(
                select(PasskeyRow.credential_id)
                .join(Registration, Registration.id == PasskeyRow.registration_id)
                .where(Registration.user_id == user)
            ).one()
        )

    def counter(self, user: str) -> int:
        """Return how often a user's passkey has signed."""
        return self._look(
            lambda s: s.scalars(
                select(Registration.counter).where(Registration.user_id == user)
            ).one()
        )

    def _look(self, act: Callable[[Session], T]) -> T:
        engine = create_engine(self._database)
        try:
            with closing(Session(engine)) as session:
                return act(session)
        finally:
            engine.dispose()


class VirtualAuthenticator:
    """Chromium's own: it keeps passkeys, and knows its owner as it is told."""

    def __init__(self, page: Page) -> None:
        self._session = page.context.new_cdp_session(page)
        self._session.send("WebAuthn.enable")
        made = self._session.send(
            "WebAuthn.addVirtualAuthenticator",
            {
                "options": {
                    "protocol": "ctap2",
                    "transport": "internal",
                    "hasResidentKey": True,
                    "hasUserVerification": True,
                    "isUserVerified": True,
                    "automaticPresenceSimulation": True,
                }
            },
        )
        self._named = {"authenticatorId": made["authenticatorId"]}

    def verify_owner(self, *, verified: bool) -> None:
        """Know the owner from now on, or not."""
        wanted = {**self._named, "isUserVerified": verified}
        self._session.send("WebAuthn.setUserVerified", wanted)

    def be_touched(self, *, touched: bool) -> None:
        """Answer at once from now on, or wait for somebody who touches it."""
        wanted = {**self._named, "enabled": touched}
        self._session.send("WebAuthn.setAutomaticPresenceSimulation", wanted)

    def take_out(self) -> list[dict[str, Any]]:
        """Take all passkeys out."""
        found: list[dict[str, Any]] = self._session.send("WebAuthn.getCredentials", self._named)[
            "credentials"
        ]
        self._session.send("WebAuthn.clearCredentials", self._named)
        return found

    def put_in(self, credentials: list[dict[str, Any]]) -> None:
        """Put passkeys in that were taken out."""
        for each in credentials:
            self._session.send("WebAuthn.addCredential", {**self._named, "credential": each})
