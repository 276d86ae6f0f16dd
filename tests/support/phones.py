"""Phones that text messages reach: where the house ends, a phone is a fake here."""

from app.channels.base import Sms


class Phone:
    """Text messages as a phone gets them; fails as often as it is told to."""

    repeatable = True

    def __init__(self, *failures: Exception | None) -> None:
        self.sent: list[Sms] = []
        self.failures = list(failures)

    def send(self, message: Sms) -> None:
        """Take a message, or fail."""
        if self.failures and (failure := self.failures.pop(0)):
            raise failure
        self.sent.append(message)
