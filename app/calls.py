"""Calls integrators: takes rows of kind `callback` from the outbox, several at the same time.

A slow receiver holds up nobody else: of each callback only so many calls are under way, and SMS
and pushes have their own threads. What a dead worker left is called again with the same key.
"""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Lock
from typing import Protocol

import structlog

from app.channels.base import DeliveryFailed
from app.channels.webhook import Call
from app.crypto.vault import CannotOpenError
from app.events import Name
from app.mtoken.receivers import Receiver
from app.services import Parts, Services
from app.store.outbox import OutboxRow

log = structlog.get_logger("webflow.calls")

ACTOR = "worker"
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
        self._parts = parts
        self._channel = channel
        self._later = later
        self._settings = parts.settings.callbacks
        self._lock, self._claiming = Lock(), Lock()
        self._busy: Counter[str] = Counter()
        self._threads: ThreadPoolExecutor | None = None
        self._running = 0
        self._asked = 0
        self._stopped = False

    def drain(self) -> int:
        """Make all calls that are due, one after the other; return how many were tried."""
        tried = 0
        while self._one(lambda: None):
            tried += 1
        return tried

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
                while not self._stopped and self._one(self._help):
                    pass
            except Exception:  # the next sweep tries again
                log.exception("calls.broke")

    def _rests(self, seen: int) -> bool:
        """Tell whether a thread may end: nobody has asked since it looked."""
        with self._lock:
            done = self._stopped or seen == self._asked
            self._running -= done
            return done

    def _one(self, found: Callable[[], None]) -> bool:
        services = Services(self._parts, writing=True, actor=ACTOR)
        try:
            claimed = self._claim(services)
            if claimed is None:
                return False
            found()
            row, payload = claimed
            try:
                self._deliver(services, row, payload)
                services.commit()
            finally:
                self._free(row.reference)
            return True
        finally:
            services.close()

    def _claim(self, services: Services) -> tuple[OutboxRow, dict[str, str]] | None:
        """Take a call that is due, and whose callback is not called too often already."""
        hold = self._settings.timeout + GRACE
        with self._claiming:
            full = [name for name, n in self._busy.items() if n >= self._settings.parallel_each]
            claimed = services.outbox.claim(hold=hold, callbacks=True, without=full)
            services.commit()
            if claimed is not None:
                self._busy[claimed[0].reference] += 1
            return claimed

    def _free(self, reference: str) -> None:
        with self._claiming:
            if self._busy[reference] <= 1:
                del self._busy[reference]
            else:
                self._busy[reference] -= 1

    def _deliver(self, services: Services, row: OutboxRow, payload: dict[str, str]) -> None:
        """Call with no transaction open; then note how it went."""
        callback = services.receivers.find(row.reference.removeprefix("callback:"))
        if callback is None:
            services.outbox.failed(row.id, "disabled", kept=self._parts.settings.retention.outbox)
            self._tell(services, row, payload, Name.CALLBACK_FAILED, error="disabled")
            return
        receiver = services.receivers.receiver(callback)
        try:
            call = services.receivers.call(callback, key=row.id, body=payload["body"])
            if not services.receivers.admits(callback):
                self._failed(services, row, payload, receiver, "suspended")
                return
            services.commit()
            self._send(call, tries=row.attempts - receiver.max_attempts)
        except DeliveryFailed as failure:
            services.receivers.failed(receiver.id)
            self._failed(services, row, payload, receiver, failure.code)
        except CannotOpenError:
            self._failed(services, row, payload, receiver, "cannot_open")
        except Exception:  # a bug must not keep the others waiting
            log.exception("call.broke", row=row.id)
            self._failed(services, row, payload, receiver, "broke")
        else:
            services.receivers.succeeded(receiver.id)
            services.outbox.delivered(row.id, kept=receiver.retention)
            self._tell(services, row, payload, Name.CALLBACK_DELIVERED)

    def _send(self, call: Call, *, tries: int) -> None:
        """Call, but not for ever what workers have died of."""
        if tries > MOST_INTERRUPTED:
            raise DeliveryFailed("interrupted", temporary=False)
        self._channel.send(call)

    def _failed(
        self,
        services: Services,
        row: OutboxRow,
        payload: dict[str, str],
        receiver: Receiver,
        error: str,
    ) -> None:
        log.warning("call.failed", callback=receiver.id, row=row.id, error=error)
        wait = receiver.wait_after(row.attempts, self._settings.longest_backoff)
        if wait is not None:
            services.outbox.retry(row.id, error, after=wait)
            self._later(wait)
            return
        services.outbox.failed(row.id, error, kept=receiver.retention)
        self._tell(services, row, payload, Name.CALLBACK_FAILED, error=error)

    def _tell(
        self, services: Services, row: OutboxRow, payload: dict[str, str], name: Name, **more: str
    ) -> None:
        callback = row.reference.removeprefix("callback:")
        services.journal.record(name, payload["subject"], callback=callback, message=row.id, **more)
