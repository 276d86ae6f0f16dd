"""Phones that can be reached, and the worker that reaches them."""

from flask import Flask

from app import clock
from app.channels.base import DeliveryFailed, Push
from app.deliveries import Deliveries
from app.mtoken.keyring import Keyring
from app.mtoken.operation_views import Handset
from app.store.registrations import PushDevice
from tests.support.store import parts_of, writing


class Provider:
    """Where the house ends: takes pushes, or fails as often as it is told to."""

    def __init__(self, *failures: DeliveryFailed | None) -> None:
        self.sent: list[Push] = []
        self.failures = list(failures)

    def send(self, message: Push) -> None:
        """Take a push, or fail."""
        if self.failures and (failure := self.failures.pop(0)):
            raise failure
        self.sent.append(message)


def reachable(
    app: Flask,
    handset: Handset,
    token: str,
    platform: str = "apns",
    environment: str | None = None,
) -> None:
    """Let a phone be reached, by this address alone."""
    with writing(app) as session:
        former = session.get(PushDevice, handset.registration_id)
        if former is not None:
            session.delete(former)
            session.flush()
        row = PushDevice(
            registration_id=handset.registration_id,
            platform=platform,
            environment=environment,
            created_at=clock.now(),
        )
        Keyring(parts_of(app).vault).put_push_token(row, handset.application_id, token)
        session.add(row)


class NoSms:
    """Sends nobody a text message."""

    repeatable = True

    def send(self, message: object) -> None:
        """Fail, for none is expected."""
        raise AssertionError(message)


def delivered(app: Flask, provider: Provider | None = None) -> list[Push]:
    """Do what the worker does; return what was pushed."""
    provider = provider or Provider()
    channels = dict.fromkeys(("apns", "fcm", "hms"), provider)
    Deliveries(parts_of(app), NoSms(), push=channels, later=lambda _wait: None).drain()
    return provider.sent
