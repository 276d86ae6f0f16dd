"""Slow hashes of passwords: only so many at once, for each takes a core for itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from app.errors import Overloaded

QUEUE_SECONDS = 1.0


class HashingGate:
    """Lets only so many password hashes run at once."""

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
