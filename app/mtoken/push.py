"""Whom to push, and what to say: rows of the outbox, written with the change itself."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.crypto.activation import State
from app.crypto.vault import Vault
from app.mtoken.keyring import Keyring
from app.nextstep.form_data import localise, parse_form
from app.store.operations import OperationRow
from app.store.outbox import Outbox
from app.store.registrations import PushDevice, Registration
from app.texts import Texts

RESULTS: Final[Mapping[str, str]] = {
    "APPROVED": "authentication.success",
    "REJECTED": "operation.canceled",
    "FAILED": "authentication.fail",
    "CANCELED": "operation.canceled",
    "EXPIRED": "operation.timeout",
}
"""Status of an operation → what the app is told."""

FINISHED_LIFETIME: Final = timedelta(minutes=5)
"""An app that hears of an end later than this has asked by itself."""


@dataclass(frozen=True)
class Device:
    """A phone that can be pushed; its `repr` does not tell its token."""

    registration_id: str
    platform: str
    """`apns`, `fcm` or `hms`."""
    token: str = field(repr=False)
    application_id: str
    environment: str = ""
    """Of apns: `development` or `production`; empty: as the application is configured."""


Recipients = Callable[[str, Collection[str]], Sequence[Device]]
"""Returns the devices of a user in some applications."""


class Devices:
    """The phones that told us where they are reached."""

    def __init__(self, session: Session, vault: Vault) -> None:
        self._session = session
        self._keyring = Keyring(vault)

    def __call__(self, user_id: str, applications: Collection[str]) -> Sequence[Device]:
        """Return the active phones of a user in some applications."""
        wanted = (
            select(PushDevice, Registration.application_id)
            .join(Registration, Registration.id == PushDevice.registration_id)
            .where(
                Registration.user_id == user_id,
                Registration.application_id.in_(sorted(applications)),
                Registration.state == State.ACTIVE.name,
            )
            .order_by(PushDevice.created_at, PushDevice.registration_id)
        )
        return [
            Device(
                registration_id=row.registration_id,
                platform=row.platform,
                token=self._keyring.push_token(row),
                application_id=application,
                environment=row.environment or "",
            )
            for row, application in self._session.execute(wanted).all()
        ]


class Pushes:
    """Puts pushes about operations into the outbox."""

    def __init__(self, outbox: Outbox, texts: Texts, recipients: Recipients) -> None:
        self._outbox = outbox
        self._texts = texts
        self._recipients = recipients

    def created(self, row: OperationRow, applications: Collection[str]) -> None:
        """Ask the user to look at the phone."""
        if row.silent:
            return
        words = localise(parse_form(row.form_data), self._texts.words(row.language))
        texts = {"title": _message(words, "title"), "text": _message(words, "summary")}
        lifetime = row.expires_at - clock.now()
        self._put(row, applications, "mtoken.operationInit", texts, {}, lifetime=lifetime)

    def finished(self, row: OperationRow, applications: Collection[str]) -> None:
        """Tell the app, silently, that there is nothing to do; what still waits is never sent."""
        reference = _reference(row)
        self._outbox.void(reference)
        result = {"mtokenOperationResult": RESULTS[row.status]}
        self._put(
            row, applications, "mtoken.operationFinished", {}, result, lifetime=FINISHED_LIFETIME
        )

    def _put(  # noqa: PLR0913 - what a push consists of
        self,
        row: OperationRow,
        applications: Collection[str],
        kind: str,
        texts: Mapping[str, str],
        more: Mapping[str, str],
        *,
        lifetime: timedelta,
    ) -> None:
        if row.user_id is None:
            return
        extras = {
            "messageType": kind,
            "operationId": row.id,
            "operationName": row.operation_type,
            **more,
        }
        for device in self._recipients(row.user_id, applications):
            if row.registration_id not in (None, device.registration_id):
                continue
            payload = {
                "platform": device.platform,
                "token": device.token,
                "registration_id": device.registration_id,
                "application_id": device.application_id,
                "environment": device.environment,
                "operation_id": row.id,
                "extras": json.dumps({**extras, "activationId": device.registration_id}),
                **texts,
            }
            self._outbox.put("push", _reference(row), payload, lifetime=lifetime)


def nobody(_user_id: str, _applications: Collection[str]) -> Sequence[Device]:
    """Return no device: where nothing is pushed."""
    return ()


def _reference(row: OperationRow) -> str:
    return f"operation:{row.id}"


def _message(words: Mapping[str, object], name: str) -> str:
    text = words[name]
    return str(text["message"]) if isinstance(text, dict) else ""
