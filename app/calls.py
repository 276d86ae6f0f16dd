"""Calls integrators: takes rows of kind `callback` from the outbox, several at the same time.

A slow receiver holds up nobody else: of each callback only so many calls are under way, and SMS
and pushes have their own threads. What a dead worker left is called again with the same key.
"""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock
from typing import Protocol

import structlog

from app.channels.base import DeliveryFailed
from app.channels.webhook import Call
from app.crypto.vault import CannotOpenError
from app.events import Name
from app.jobs import ACTOR
from app.mtoken.receivers import Receiver
from app.services import Parts, Services
from app.store.outbox import CALLBACK, OutboxRow

log = structlog.get_logger("webflow.calls")

SUSPENDED = "suspended"
GRACE = timedelta(seconds=20)
"""How much longer than a call may take nobody else makes it: names are looked up meanwhile."""

MOST_INTERRUPTED = 3
"""Attempts beyond those of the callback, where workers died in the middle of them."""


class Channel(Protocol):
    """Makes one call."""

    def send(self, call: Call) -> None:
        """Hand the message over, or raise DeliveryFailed."""


class Calls:
    """Makes every call that is due."""

    def __init__(
        self, parts: Parts, channel: Channel, *, later: Callable[[timedelta], None]
    ) -> None:
        self._channel = channel
        self._later = later
        self._settings = parts.settings.callbacks
        self._services = Services(parts, writing=True, actor=ACTOR)
        """For one transaction after the other, and whoever has the turn."""
        self._lock = Lock()
        self._turn = Lock()
        """One thread at a time notes and takes: connections are few, and others need them, too."""
        self._busy: Counter[str] = Counter()
        self._threads: ThreadPoolExecutor | None = None
        self._running = 0
        self._asked = 0
        self._stopped = False

    def drain(self) -> int:
        """Make all calls that are due, one after the other; return how many were tried."""
        return self._work(lambda: None)

    def wake(self) -> None:
        """Have threads make all calls that are due; returns at once."""
        with self._lock:
            self._asked += 1
        self._help()

    def stop(self) -> None:
        """Finish what is under way, and begin nothing more."""
        with self._lock:
            self._stopped = True
        if self._threads is not None:
            self._threads.shutdown(wait=True, cancel_futures=True)

    def _help(self) -> None:
        """Start one thread more, if there may be one."""
        with self._lock:
            if self._stopped or self._running >= self._settings.parallel:
                return
            if self._threads is None:
                self._threads = ThreadPoolExecutor(self._settings.parallel, "calls")
            self._running += 1
            self._threads.submit(self._run)

    def _run(self) -> None:
        """Work until there is nothing to do; whoever finds something calls for help first."""
        seen = -1
        while not self._rests(seen):
            seen = self._asked
            try:
                self._work(self._help)
            except Exception:  # the next sweep tries again
                log.exception("calls.broke")

    def _rests(self, seen: int) -> bool:
        """Tell whether a thread may end: nobody has asked since it looked."""
        with self._lock:
            done = self._stopped or seen == self._asked
            self._running -= done
            return done

    def _work(self, found: Callable[[], None]) -> int:
        """Call until nothing is due; one transaction notes how it went, and takes the next."""
        tried, taken = 0, self._next(None)
        while taken is not None:
            found()
            tried += 1
            taken.error = taken.refusal or self._call(taken)
            taken = self._next(taken)
        return tried

    def _next(self, done: "_Taken | None") -> "_Taken | None":
        """Note how a call went; return the next one, if there is one and nobody says stop."""
        with self._turn:
            self._end(done)
            try:
                return self._noted(done, takes=not self._stopped)
            except Exception:
                if done is not None:  # whatever is wrong with the next one, this one was called
                    self._noted(done, takes=False)
                raise

    def _noted(self, done: "_Taken | None", *, takes: bool) -> "_Taken | None":
        try:
            if done is not None:
                self._note(done)
            taken = self._take() if takes else None
            self._services.commit()
            self._begin(taken)
            return taken
        finally:
            self._services.close()

    def _take(self) -> "_Taken | None":
        """Claim a call that is due, and whose callback is not called too often already."""
        services = self._services
        hold = self._settings.timeout + GRACE
        with self._lock:
            full = [name for name, n in self._busy.items() if n >= self._settings.parallel_each]
        claimed = services.outbox.claim(hold=hold, kinds=(CALLBACK,), without=full)
        if claimed is None:
            return None
        row, payload = claimed
        taken = _Taken(row, payload["subject"])
        callback = services.receivers.find(taken.callback_id)
        if callback is None:
            taken.refusal = "disabled"
            return taken
        taken.receiver = services.receivers.receiver(callback)
        try:
            taken.call = services.receivers.call(callback, key=row.id, body=payload["body"])
        except CannotOpenError:
            taken.refusal = "cannot_open"
        else:
            if not services.receivers.admits(callback):
                taken.refusal = SUSPENDED
            elif row.attempts > taken.receiver.max_attempts + MOST_INTERRUPTED:
                taken.refusal = "interrupted"
        return taken

    def _call(self, taken: "_Taken") -> str:
        """Call with no transaction open; return what went wrong, or nothing."""
        assert taken.call is not None  # noqa: S101 - it was not refused
        try:
            self._channel.send(taken.call)
        except DeliveryFailed as failure:
            return failure.code
        except Exception:  # a bug must not keep the others waiting
            log.exception("call.broke", row=taken.row.id)
            return "broke"
        return ""

    def _begin(self, taken: "_Taken | None") -> None:
        with self._lock:
            self._busy.update([taken.row.reference] if taken else [])

    def _end(self, taken: "_Taken | None") -> None:
        with self._lock:
            self._busy -= Counter([taken.row.reference] if taken else [])

    def _note(self, taken: "_Taken") -> None:
        services = self._services
        row, receiver, error = taken.row, taken.receiver, taken.error
        facts = {"callback": taken.callback_id, "message": row.id}
        kept = receiver.retention if receiver else services.settings.retention.outbox
        if not error:
            services.receivers.succeeded(taken.callback_id)
            services.outbox.delivered(row.id, kept=kept)
            services.journal.record(Name.CALLBACK_DELIVERED, taken.subject, **facts)
            return
        log.warning("call.failed", callback=taken.callback_id, row=row.id, error=error)
        if error != SUSPENDED:
            services.receivers.failed(taken.callback_id)
        longest = self._settings.longest_backoff
        wait = receiver.wait_after(row.attempts, longest) if receiver else None
        if wait is not None:
            # While nobody may call, it would be refused, and each time that is an attempt.
            wait = max(wait, services.receivers.pause(taken.callback_id))
            services.outbox.retry(row.id, error, after=wait)
            self._later(wait)
            return
        services.outbox.failed(row.id, error, kept=kept)
        services.journal.record(Name.CALLBACK_FAILED, taken.subject, **facts, error=error)


@dataclass
class _Taken:
    """A row that is this thread's, and what becomes of it."""

    row: OutboxRow
    subject: str
    receiver: Receiver | None = None
    call: Call | None = None
    refusal: str = ""
    """Why nobody is called."""
    error: str = ""
    """How the call went wrong; empty: it did not."""

    @property
    def callback_id(self) -> str:
        """Whom it is for."""
        return self.row.reference.removeprefix("callback:")
