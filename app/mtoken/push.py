"""Whom to push, and what to say: rows of the outbox, written with the change itself."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from app import clock
from app.crypto.activation import State
from app.mtoken.devices import Device, Devices
from app.mtoken.wording import spoken
from app.nextstep.form_data import localise, parse_shown
from app.store.operations import OperationRow
from app.store.outbox import Outbox
from app.store.registrations import Registration
from app.texts import Texts

RESULTS: Final[Mapping[str, str]] = {
    "APPROVED": "authentication.success",
    "REJECTED": "operation.canceled",
    "FAILED": "authentication.fail",
    "CANCELED": "operation.canceled",
    "EXPIRED": "operation.timeout",
}
"""Status of an operation → what the app is told."""

SILENT_LIFETIME: Final = timedelta(minutes=5)
"""An app that hears of a change later than this has asked by itself."""


MESSAGE_LIFETIME: Final = timedelta(days=1)
"""A bank's message waits this long for a phone that is switched off."""


@dataclass(frozen=True)
class Message:
    """What a bank tells one person, in the words that it has chosen."""

    user_id: str
    title: str = field(default="", repr=False)
    text: str = field(default="", repr=False)
    """A silent message has neither title nor text."""
    extras: Mapping[str, str] = field(default_factory=dict, repr=False)
    sound: str = ""
    registration_id: str | None = None
    """One phone alone; None: all of the person."""
    applications: Sequence[str] | None = None
    """None: all."""


class Pushes:
    """Puts pushes into the outbox; without devices, none."""

    def __init__(self, outbox: Outbox, texts: Texts, devices: Devices | None) -> None:
        self._outbox = outbox
        self._texts = texts
        self._devices = devices

    def created(self, row: OperationRow) -> None:
        """Ask the user to look at the phone."""
        if row.silent:
            return
        words = localise(
            parse_shown(row.form_data),
            self._texts.words(row.language).saying(spoken(row.texts, row.language).words),
            parameters=row.parameters,
        )
        texts = {"title": message_of(words, "title"), "text": message_of(words, "summary")}
        extras = {"messageType": "mtoken.operationInit"}
        lifetime = row.expires_at - clock.now()
        self._about_operation(row, extras, texts, lifetime=lifetime)

    def finished(self, row: OperationRow) -> None:
        """Tell the app, silently, that there is nothing to do; what still waits is never sent."""
        if self._devices is not None:
            self._outbox.void(_reference(row))
        extras = {
            "messageType": "mtoken.operationFinished",
            "mtokenOperationResult": RESULTS[row.status],
        }
        self._about_operation(row, extras, {}, lifetime=SILENT_LIFETIME)

    def registration_changed(self, row: Registration) -> None:
        """Tell the app, silently, that it should look at its own status."""
        if self._devices is None:
            return
        if row.state != State.ACTIVE.name:  # what is personal is not for whoever has it now
            self._outbox.void(_personal(row.id))
        extras = {"messageType": "activation.statusChanged", "activationStatus": row.state}
        for device in self._devices.of_registration(row.id):
            reference = f"registration:{row.id}"
            self._put(device, reference, extras, {}, lifetime=SILENT_LIFETIME)

    def message(self, message: Message) -> int:
        """Push a bank's own message to the person's active phones; return to how many."""
        if self._devices is None:
            return 0
        words = {"title": message.title, "text": message.text, "sound": message.sound}
        devices = self._devices.of_user(
            message.user_id,
            registration_id=message.registration_id,
            applications=message.applications,
        )
        for device in devices:
            reference = _personal(device.registration_id)
            self._put(device, reference, message.extras, words, lifetime=MESSAGE_LIFETIME)
        return len(devices)

    def _about_operation(
        self,
        row: OperationRow,
        extras: Mapping[str, str],
        texts: Mapping[str, str],
        *,
        lifetime: timedelta,
    ) -> None:
        if row.user_id is None or self._devices is None:
            return
        named = {**extras, "operationId": row.id, "operationName": row.operation_type}
        more = {**texts, "operation_id": row.id}
        for device in self._devices.of_operation(row):
            self._put(device, _reference(row), named, more, lifetime=lifetime)

    def _put(
        self,
        device: Device,
        reference: str,
        extras: Mapping[str, str],
        more: Mapping[str, str],
        *,
        lifetime: timedelta,
    ) -> None:
        payload = {
            "platform": device.platform,
            "token": device.token,
            "registration_id": device.registration_id,
            "application_id": device.application_id,
            "environment": device.environment,
            "extras": json.dumps({**extras, "activationId": device.registration_id}),
            **more,
        }
        self._outbox.put("push", reference, payload, lifetime=lifetime)


def _reference(row: OperationRow) -> str:
    return f"operation:{row.id}"


def _personal(registration_id: str) -> str:
    return f"message:{registration_id}"


def message_of(words: Mapping[str, object], name: str) -> str:
    """Return one of the texts of a localised form: `title`, `greeting` or `summary`."""
    text = words[name]
    return str(text["message"]) if isinstance(text, dict) else ""
