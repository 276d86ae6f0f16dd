"""A row of the outbox as a message: how it is sent, and what is told of it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from app.channels.base import (
    DeliveryFailed,
    PhoneNumber,
    Push,
    PushChannels,
    Sms,
    SmsChannel,
)
from app.events import Name


@dataclass(frozen=True)
class Delivery:
    """One message on its way."""

    send: Callable[[], None]
    """Raises DeliveryFailed."""
    subject: str
    """What the journal tells of it, e.g. the id of an operation."""
    message: str
    """What the journal calls the message; no secret."""
    delivered: Name
    failed: Name
    is_repeatable: bool = True
    """Whether it does no harm if it arrives twice, or arrives once however often it is sent."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """What the journal and the log tell besides."""
    device: Push | None = None
    """Of a push: where it goes to, should that be gone."""


def sms_delivery(channel: SmsChannel, payload: Mapping[str, str], *, reference: str) -> Delivery:
    """Read a text message."""
    message = Sms(
        to=PhoneNumber(payload["to"]),
        text=payload["text"],
        reference=reference,
        operation_id=payload["operation_id"],
    )
    return Delivery(
        send=lambda: channel.send(message),
        subject=message.operation_id,
        message=reference,
        delivered=Name.SMS_DELIVERED,
        failed=Name.SMS_FAILED,
        is_repeatable=channel.repeatable,
    )


def push_delivery(
    channels: PushChannels, payload: Mapping[str, str], *, reference: str, lifetime: timedelta
) -> Delivery:
    """Read a push; one to a platform without a channel fails for good."""
    extras = json.loads(payload["extras"])
    message = Push(**{**payload, "extras": extras}, reference=reference, lifetime=lifetime)

    def send() -> None:
        channel = channels.get(message.platform)
        if channel is None:
            raise DeliveryFailed("no_channel", temporary=False)
        channel.send(message)

    return Delivery(
        send=send,
        subject=message.operation_id or message.registration_id,
        message=reference,
        delivered=Name.PUSH_DELIVERED,
        failed=Name.PUSH_FAILED,
        facts={"platform": message.platform},
        device=message,
    )
