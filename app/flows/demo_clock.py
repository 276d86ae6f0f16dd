"""Follow the testers' clock; used in the demo profile only."""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from threading import Event, Thread

from sqlalchemy.exc import SQLAlchemyError

from app import clock

EVERY_SECONDS = 0.5


class ClockFollower:
    """Reads how far the clock was moved, at most twice a second."""

    def __init__(self, read: Callable[[], timedelta]) -> None:
        self._read = read
        self._next = 0.0

    def follow(self) -> None:
        """Move this process's clock to where testers have put it."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + EVERY_SECONDS
            clock.shift(self._read())

    def keep_following(self) -> None:
        """Follow from a thread of its own, in a process that serves no requests."""

        def loop() -> None:
            waiting = Event()
            while not waiting.wait(EVERY_SECONDS):
                with suppress(SQLAlchemyError):  # a database may be lost, and come back
                    self.follow()

        Thread(target=loop, name="demo-clock", daemon=True).start()
