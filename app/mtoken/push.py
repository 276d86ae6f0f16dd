"""Whom to push, and what to say: rows of the outbox, written with the change itself."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from app import clock
from app.mtoken.devices import Device, Devices
from app.mtoken.operation_views import Notice
from app.mtoken.wording import spoken
from app.nextstep.form_data import localise, parse_shown
from app.store.operations import SMS, OperationRow
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

MOST_OF_A_TITLE, MOST_OF_A_TEXT = 512, 2048
"""Bytes of JSON: providers take 4 KiB for a whole push, and nothing of a larger one."""

STATUS: Final = "registration:"
"""Begins the reference of what tells a phone its own state; nothing else is for a blocked one."""


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

    def created(self, row: OperationRow, notice: Notice) -> None:
        """Ask the user to look at the phone."""
        if row.silent:
            return
        words = localise(
            parse_shown(row.form_data),
            self._texts.words(row.language).saying(spoken(row.texts, row.language).words),
            parameters=row.parameters,
        )
        text = notice.text or message_of(words, "summary")
        title = shortened(message_of(words, "title"), MOST_OF_A_TITLE)
        texts = {"title": title, "text": shortened(text, MOST_OF_A_TEXT)}
        extras = {"messageType": "mtoken.operationInit", **notice.extras}
        lifetime = row.expires_at - clock.now()
        self._about_operation(row, extras, texts, lifetime=lifetime)

    def finished(self, row: OperationRow) -> None:
        """Tell the app, silently, that there is nothing to do; what still waits is never sent."""
        if self._devices is not None or row.kind == SMS:
            self._outbox.void(reference_of(row.id))
        extras = {
            "messageType": "mtoken.operationFinished",
            "mtokenOperationResult": RESULTS[row.status],
        }
        self._about_operation(row, extras, {}, lifetime=SILENT_LIFETIME)

    def registration_changed(self, row: Registration) -> None:
        """Tell the app, silently, that it should look at its own status."""
        if self._devices is None:
            return
        extras = {"messageType": "activation.statusChanged", "activationStatus": row.state}
        for device in self._devices.of_registration(row.id):
            self._put(device, f"{STATUS}{row.id}", extras, {}, lifetime=SILENT_LIFETIME)

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
            reference = f"message:{device.registration_id}"
            self._put(device, reference, message.extras, words, lifetime=MESSAGE_LIFETIME)
        return len(devices)

    def may_leave(self, reference: str, payload: Mapping[str, str]) -> bool:
        """Tell whether what has waited is still for whoever has the phone at this moment."""
        if self._devices is None or reference.startswith(STATUS):
            return True
        return self._devices.is_active(
            payload["registration_id"], payload["application_id"], payload["token"]
        )

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
            self._put(device, reference_of(row.id), named, more, lifetime=lifetime)

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


def reference_of(operation_id: str) -> str:
    """Return what the messages of an operation belong to; when it ends, none leaves any more."""
    return f"operation:{operation_id}"


def shortened(text: str, most: int) -> str:
    """Return a text of at most so many bytes of JSON, with an ellipsis for what is left out."""
    kept = text
    while bytes_of(kept) > most:
        kept = kept[: -max(2, (bytes_of(kept) - most) // 6)] + "…"  # no character has more than six
    return kept


def bytes_of(value: object) -> int:
    """Return how large something is in what is sent to a provider."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def message_of(words: Mapping[str, object], name: str) -> str:
    """Return one of the texts of a localised form: `title`, `greeting` or `summary`."""
    text = words[name]
    return str(text["message"]) if isinstance(text, dict) else ""
