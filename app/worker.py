"""The worker: delivers the outbox, ends flows that nobody finished, cleans up.

The outbox table is the queue. Huey's message only says "drain": losing one makes a delivery
late (the sweep takes it), never lost.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import BoundedSemaphore

import structlog
from huey import crontab
from huey.consumer import Consumer
from sqlalchemy.exc import IntegrityError

from app.calls import Calls, Channel
from app.channels.base import PushChannels, SmsChannel
from app.deliveries import Deliveries
from app.events import Name
from app.jobs import ACTOR, drain_task, queue
from app.services import Parts, Services
from app.store.outbox import PUSHES, TEXTS

log = structlog.get_logger("webflow.worker")

POLL_SECONDS = 0.2

CLEAN_MINUTE = 17
"""When in each hour the clean-up runs."""

PUSH_THREADS = 4
"""Pushes that leave at once."""


class Worker:
    """The worker process.

    `beside` is started with it, e.g. what serves its health; `before` each piece of work
    something is called, e.g. what follows the testers' clock.
    """

    def __init__(  # noqa: PLR0913 - what the process consists of
        self,
        parts: Parts,
        sms: SmsChannel,
        push: PushChannels | None = None,
        *,
        webhooks: Channel,
        beside: Callable[[], None] = lambda: None,
        before: Callable[[], None] = lambda: None,
    ) -> None:
        self._parts = parts
        self._beside = beside
        self._before = before
        self._huey = queue(parts.settings)
        self._deliveries = Deliveries(parts, sms, push=push, later=self._later)
        self._calls = Calls(parts, webhooks, later=self._later)
        self._pushing: ThreadPoolExecutor | None = None
        self._free = BoundedSemaphore(PUSH_THREADS)
        self._drain = drain_task(self._huey, self.drain)
        self._huey.periodic_task(crontab(minute="*"), name="sweep")(self.sweep)
        self._huey.periodic_task(crontab(minute=str(CLEAN_MINUTE)), name="clean")(self.clean)

    def run(self) -> None:
        """Work until a signal says stop."""
        self._beside()
        self.begin()
        self.sweep()
        try:
            Consumer(
                self._huey,
                workers=2,
                initial_delay=0.05,
                max_delay=POLL_SECONDS,
                check_worker_health=True,
            ).run()
        finally:
            self.end()

    def begin(self) -> None:
        """Let pushes leave by threads of their own from now on."""
        self._pushing = ThreadPoolExecutor(PUSH_THREADS, thread_name_prefix="push")

    def end(self) -> None:
        """Wait for what is being sent."""
        self._calls.stop()
        if self._pushing is not None:
            self._pushing.shutdown(cancel_futures=True)

    def drain(self) -> None:
        """Deliver what is due."""
        self._before()
        self._calls.wake()
        self._deliveries.drain(TEXTS)
        self._push()

    def _push(self) -> None:
        """Deliver pushes by threads of their own: a text never waits for a provider of pushes."""
        if self._pushing is None:
            self._deliveries.drain(PUSHES)
        elif self._free.acquire(blocking=False):
            self._pushing.submit(self._deliveries.drain, PUSHES).add_done_callback(self._pushed)

    def _pushed(self, done: Future[int]) -> None:
        self._free.release()
        if not done.cancelled() and (error := done.exception()) is not None:
            log.error("pushes.broke", exc_info=error)

    def sweep(self) -> None:
        """Do what nobody asked for in time: left-over deliveries, and what time has ended."""
        self.drain()
        for chore in (self._end_flows, self._end_operations, self._end_registrations, self._chain):
            try:
                with self._services() as services:
                    chore(services)
            except Exception:  # one that fails must not keep the others waiting
                log.exception("sweep.broke", chore=chore.__name__)

    def _end_flows(self, services: Services) -> None:
        ended = services.flows.expire()
        services.commit()
        if ended:
            log.info("flows.expired", count=ended)

    def _end_operations(self, services: Services) -> None:
        expired = 0
        while count := services.operations.expire():
            services.commit()
            expired += count
        if expired:
            log.info("operations.expired", count=expired)

    def _end_registrations(self, services: Services) -> None:
        removed = services.mtoken.registrations.expire()
        services.commit()
        if removed:
            log.info("registrations.expired", count=removed)

    def _chain(self, services: Services) -> None:
        try:
            end = services.audit.seal(services.commit)
        except IntegrityError:  # another worker is chaining the same entries
            return
        if end is not None:  # kept with the logs, it shows that nobody has made the chain anew
            log.info("audit.chained", position=end.position, hash=end.hash)

    def clean(self) -> None:
        """Forget what nobody needs any more; finish what a rotation of keys has left."""
        self._before()
        with self._services() as services:
            done = services.cleaning.run(services.commit)
            keys = services.keys.reseal(services.commit).done
            done = {**done, "resealed": keys, "data_keys": services.keys.remove_unused()}
            kept = self._parts.settings.signing_keys_kept
            done["signing_keys"] = services.keys.withdraw_signing_keys(kept=kept)
            counted = {name: count for name, count in done.items() if count}
            if counted:
                services.journal.record(Name.DATABASE_CLEANED, "database", **counted)
            services.commit()

    @contextmanager
    def _services(self) -> Iterator[Services]:
        services = Services(self._parts, writing=True, actor=ACTOR)
        try:
            yield services
        finally:
            services.close()

    def _later(self, wait: timedelta) -> None:
        self._drain.schedule(delay=wait.total_seconds())
