"""Channels for trying: nothing leaves the house, testers read the messages on a page."""

from collections.abc import Callable

from app.channels.base import Push, Sms


class DemoSms:
    """Hands every message to `keep`, which writes it where testers can read it, once."""

    repeatable = True

    def __init__(self, keep: Callable[[Sms], None]) -> None:
        self._keep = keep

    def send(self, message: Sms) -> None:
        """Keep the message."""
        self._keep(message)


class DemoPush:
    """Does the same with pushes of every platform."""

    def __init__(self, keep: Callable[[Push], None]) -> None:
        self._keep = keep

    def send(self, message: Push) -> None:
        """Keep the message."""
        self._keep(message)
