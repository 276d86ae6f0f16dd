"""The worker: delivers the outbox, ends flows that nobody finished, cleans up.

The outbox table is the queue. Huey's message only says "drain": losing one makes a delivery
late (the sweep takes it), never lost.
"""

import logging
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import BoundedSemaphore, Event, Lock, Thread

import structlog
from huey import Huey, PostgresHuey, SqliteHuey, crontab
from huey.api import TaskWrapper
from huey.consumer import Consumer
from psycopg.errors import UniqueViolation
from sqlalchemy.exc import IntegrityError

from app import clock
from app.calls import Calls, Channel
from app.channels.base import DeliveryFailed, DeviceGone, PushChannels, SmsChannel
from app.channels.delivery import Delivery, push_delivery, sms_delivery
from app.events import Name
from app.services import Parts, Services
from app.settings import Settings
from app.store.engine import with_patience
from app.store.outbox import MESSAGES, PUSHES, SENDING, TEXTS, OutboxRow

log = structlog.get_logger("webflow.worker")

HOLD = timedelta(seconds=60)
"""How long a claimed delivery is nobody else's; longer than any channel's timeout."""

RETRIES = tuple(timedelta(seconds=s) for s in (2, 5, 15, 60))
"""Waits after temporary failures; then the delivery has failed."""

POLL_SECONDS = 0.2

CLEAN_MINUTE = 17
"""When in each hour the clean-up runs."""

ACTOR = "worker"
"""Who did it, as the audit trail names us."""


def queue(settings: Settings) -> Huey:
    """Open the job queue: a file beside the embedded database, or tables in PostgreSQL."""
    logging.getLogger("huey").setLevel(logging.WARNING)
    if settings.embedded:
        database = Path(settings.database.removeprefix("sqlite:///"))
        return SqliteHuey(filename=str(database.with_name("huey.db")), fsync=False, results=False)
    dsn = settings.database.replace("postgresql+psycopg://", "postgresql://", 1)
    try:
        return PostgresHuey(dsn=with_patience(dsn), results=False)
    except UniqueViolation:  # another process was making its tables at this moment
        return PostgresHuey(dsn=with_patience(dsn), results=False)


def waker(settings: Settings) -> Callable[[], None]:
    """Return what tells the worker that the outbox has something; a hint that may get lost.

    One thread does it, so that no request waits for the queue and one connection is enough.
    """
    asked, started = Event(), Lock()

    def keep_waking() -> None:
        opened: list[TaskWrapper] = []
        while asked.wait():
            asked.clear()
            try:
                if not opened:
                    opened.append(_task(queue(settings), lambda: None))
                opened[0]()
                opened[0].huey.storage.close()  # messages are rare, connections dear
            except Exception:
                log.warning("worker.not_woken", exc_info=True)

    def wake() -> None:
        if started.acquire(blocking=False):  # at the first use: commands need no thread
            Thread(target=keep_waking, name="wake-worker", daemon=True).start()
        asked.set()

    return wake


def ping(settings: Settings) -> None:
    """Ask the queue something, or raise whatever it says."""
    opened = queue(settings)
    try:
        opened.pending_count()
    finally:
        opened.storage.close()


PUSH_THREADS = 4
"""Pushes that leave at once."""


class Deliveries:
    """Takes what is due from the outbox and sends it, one transaction before and one after."""

    def __init__(
        self,
        parts: Parts,
        sms: SmsChannel,
        *,
        later: Callable[[timedelta], None],
        push: PushChannels | None = None,
    ) -> None:
        self._parts = parts
        self._sms = sms
        self._push = push or {}
        self._later = later

    def drain(self, kinds: Collection[str] = MESSAGES) -> int:
        """Deliver everything that is due now; return how many deliveries were tried."""
        tried = 0
        while self._one(kinds):
            tried += 1
        return tried

    def _one(self, kinds: Collection[str] = MESSAGES) -> bool:
        services = Services(self._parts, writing=True, actor=ACTOR)
        try:
            claimed = services.outbox.claim(hold=HOLD, kinds=kinds)
            services.commit()
            if claimed is None:
                return False
            row, payload = claimed
            if row.kind == "decoy":
                services.outbox.delivered(row.id)
            else:
                self._deliver(services, row, payload)
            services.commit()
            return True
        finally:
            services.close()

    def _deliver(self, services: Services, row: OutboxRow, payload: dict[str, str]) -> None:
        """Send with no transaction open; then note how it went."""
        row_id, kind, attempts = row.id, row.kind, row.attempts
        begun = clock.now()
        delivery = (
            push_delivery(self._push, payload, reference=row_id, lifetime=row.expires_at - begun)
            if kind == "push"
            else sms_delivery(self._sms, payload, reference=row.reference)
        )
        repeatable = delivery.is_repeatable
        try:
            self._send(delivery, again=row.error == SENDING)
        except DeliveryFailed as failure:
            log.warning(
                "delivery.failed",
                kind=kind,
                row=row_id,
                flow=delivery.subject,
                error=failure.code,
                answer=failure.answer,
                **delivery.facts,
            )
            may_repeat = repeatable or not failure.uncertain
            if failure.temporary and may_repeat and attempts <= len(RETRIES):
                wait = max(RETRIES[attempts - 1], failure.retry_after or timedelta(0))
                services.outbox.retry(row_id, failure.code, after=wait)
                self._later(wait)
            else:
                services.outbox.failed(row_id, failure.code)
                self._tell(services, delivery, delivery.failed, error=failure.code)
                if isinstance(failure, DeviceGone) and (gone := delivery.device):
                    services.mtoken.phones.forget(
                        gone.registration_id,
                        gone.application_id,
                        gone.token,
                        before=failure.since or begun,
                    )
        except Exception:  # a bug of a channel must not keep the other deliveries waiting
            log.exception("delivery.broke", kind=kind, row=row_id)
            if repeatable:
                services.outbox.retry(row_id, "broke", after=HOLD)
            else:
                services.outbox.failed(row_id, "broke")
                self._tell(services, delivery, delivery.failed, error="broke")
        else:
            services.outbox.delivered(row_id)
            self._tell(services, delivery, delivery.delivered)

    def _send(self, delivery: Delivery, *, again: bool) -> None:
        """Send; but what a dead worker may have sent, only where it arrives no second time."""
        if again and not delivery.is_repeatable:
            raise DeliveryFailed("interrupted", temporary=False)
        delivery.send()

    def _tell(self, services: Services, delivery: Delivery, name: Name, **facts: str) -> None:
        services.journal.record(
            name, delivery.subject, message=delivery.message, **delivery.facts, **facts
        )


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
        self._drain = _task(self._huey, self.drain)
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
        with self._services() as services:
            ended = services.flows.expire()
            services.commit()
            expired = 0
            while count := services.operations.expire():
                services.commit()
                expired += count
            removed = services.mtoken.registrations.expire()
            services.commit()
        if ended:
            log.info("flows.expired", count=ended)
        if expired:
            log.info("operations.expired", count=expired)
        if removed:
            log.info("registrations.expired", count=removed)
        self._chain_audit()

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

    def _chain_audit(self) -> None:
        with self._services() as services:
            try:
                end = services.audit.seal(services.commit)
            except IntegrityError:  # another worker is chaining the same entries
                return
        if end is not None:  # kept with the logs, it shows that nobody has made the chain anew
            log.info("audit.chained", position=end.position, hash=end.hash)

    @contextmanager
    def _services(self) -> Iterator[Services]:
        services = Services(self._parts, writing=True, actor=ACTOR)
        try:
            yield services
        finally:
            services.close()

    def _later(self, wait: timedelta) -> None:
        self._drain.schedule(delay=wait.total_seconds())


def _task(huey: Huey, work: Callable[[], object]) -> TaskWrapper:
    """Register the one job under the one name that web and worker share."""

    def drain() -> None:
        work()

    return huey.task(name="drain")(drain)
