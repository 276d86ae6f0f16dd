"""Ways to reach a person. A channel is chosen by settings and built once at boot."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, NewType, Protocol

PhoneNumber = NewType("PhoneNumber", str)
"""E.164, e.g. "+420777123456"."""


@dataclass(frozen=True)
class Sms:
    """One text message, ready to read; its `repr` tells neither the text nor the number."""

    to: PhoneNumber = field(repr=False)
    text: str = field(repr=False)
    reference: str
    """Our id of the message; the same one comes again when a delivery is repeated."""

    operation_id: str


class DeliveryFailed(Exception):  # noqa: N818 - said as what happened to the message
    """The provider refused the message, or did not answer in time.

    `temporary` tells whether trying again may help, `code` why, e.g. "number_invalid", and
    `answer` what the provider said in its own codes, e.g. "400 21211". `uncertain`: the provider
    may have taken the message all the same, as when its answer got lost. `retry_after`: how long
    the provider wants to be left alone. None of them, and no chained exception, carries the
    text, the number or a credential.
    """

    def __init__(
        self,
        code: str,
        *,
        temporary: bool,
        answer: str = "",
        uncertain: bool = False,
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(f"{code} ({answer})" if answer else code)
        self.code = code
        self.temporary = temporary
        self.answer = answer
        self.uncertain = uncertain
        self.retry_after = retry_after


class DeviceGone(DeliveryFailed):
    """The provider knows no such device any more: its token is worth nothing.

    `since` is when the provider found out; a token that was registered later is another matter.
    """

    def __init__(self, answer: str, *, since: datetime | None = None) -> None:
        super().__init__("device_gone", temporary=False, answer=answer)
        self.since = since


class SmsChannel(Protocol):
    """Takes text messages; one method, so that a new provider is one small file."""

    repeatable: bool
    """Whether a message with a reference that came before is not sent again."""

    def send(self, message: Sms) -> None:
        """Hand the message over, or raise DeliveryFailed."""


Platform = Literal["apns", "fcm", "hms"]


@dataclass(frozen=True)
class Push:
    """One message to an app; its `repr` tells neither the words nor the device's token."""

    platform: str
    token: str = field(repr=False)
    extras: Mapping[str, str] = field(repr=False)
    """What the app itself reads, e.g. `messageType` and `operationId`."""
    reference: str
    """Our id of the delivery; the same one comes again when it is repeated."""
    registration_id: str
    application_id: str
    operation_id: str = ""
    """Empty: it is about the registration."""
    environment: str = ""
    """Of apns: `development` or `production`; empty: as the application is configured."""
    title: str = field(default="", repr=False)
    text: str = field(default="", repr=False)
    sound: str = ""
    """Of a message that is shown; empty: the device's usual one."""
    lifetime: timedelta = timedelta(minutes=5)
    """How long the provider may keep it for a device that cannot be reached."""

    @property
    def is_silent(self) -> bool:
        """Whether the person is shown nothing."""
        return not (self.title or self.text)


class PushChannel(Protocol):
    """Takes pushes of one platform."""

    def send(self, message: Push) -> None:
        """Hand the message over, or raise DeliveryFailed."""


PushChannels = Mapping[str, PushChannel]
"""The channel of each platform that can be reached."""
