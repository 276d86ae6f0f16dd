"""The password, judged by the bank."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from app.bank.base import Bank
from app.errors import Overloaded

QUEUE_SECONDS = 1.0
MAX_LENGTH = 256


class HashingGate:
    """Lets only so many password hashes run at once: each takes a core for itself."""

    def __init__(self, slots: int) -> None:
        self._slots = BoundedSemaphore(slots)

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Wait for a slot. Raises Overloaded after a second, which callers answer with 503."""
        if not self._slots.acquire(timeout=QUEUE_SECONDS):
            raise Overloaded("the queue of password hashes is longer than a second")
        try:
            yield
        finally:
            self._slots.release()


class Password:
    """Asks the bank whether this is the user's password; slow, so never in a transaction."""

    def __init__(self, bank: Bank, gate: HashingGate) -> None:
        self._bank = bank
        self._gate = gate

    def is_right(self, given: str, *, user_id: str | None, organization_id: str) -> bool:
        """Judge a password. An unknown or blocked user (None) costs the same and is wrong."""
        with self._gate():
            right = self._bank.check_password(
                user_id=user_id, organization_id=organization_id, password=given
            )
        return right and user_id is not None
