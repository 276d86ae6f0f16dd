"""The worker: delivers the outbox, ends flows that nobody finished, cleans up.

The outbox table is the queue. Huey's message only says "drain": losing one makes a delivery
late (the sweep takes it), never lost.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import structlog
from huey import Huey, PostgresHuey, SqliteHuey, crontab
from huey.api import TaskWrapper
from huey.consumer import Consumer

from app.channels.base import DeliveryFailed, PhoneNumber, Sms, SmsChannel
from app.services import Parts, Services
from app.settings import Settings
from app.store.outbox import OutboxRow

log = structlog.get_logger("webflow.worker")

HOLD = timedelta(seconds=60)
"""How long a claimed delivery is nobody else's; longer than any channel's timeout."""

RETRIES = tuple(timedelta(seconds=s) for s in (2, 5, 15, 60))
"""Waits after temporary failures; then the delivery has failed."""

POLL_SECONDS = 0.2


def queue(settings: Settings) -> Huey:
    """Open the job queue: a file beside the embedded database, or tables in PostgreSQL."""
    logging.getLogger("huey").setLevel(logging.WARNING)
    if settings.embedded:
        database = Path(settings.database.removeprefix("sqlite:///"))
        return SqliteHuey(filename=str(database.with_name("huey.db")), fsync=False, results=False)
    dsn = settings.database.replace("postgresql+psycopg://", "postgresql://", 1)
    return PostgresHuey(dsn=dsn, results=False)


def waker(settings: Settings) -> Callable[[], None]:
    """Return what tells the worker that the outbox has something; a hint that may get lost."""
    opened: list[TaskWrapper] = []

    def wake() -> None:
        try:
            if not opened:  # at the first use: commands and tests need no queue
                opened.append(_task(queue(settings), lambda: None))
            opened[0]()
        except Exception:
            log.warning("worker.not_woken", exc_info=True)

    return wake


class Deliveries:
    """Takes what is due from the outbox and sends it, one transaction before and one after."""

    def __init__(
        self, parts: Parts, sms: SmsChannel, *, later: Callable[[timedelta], None]
    ) -> None:
        self._parts = parts
        self._sms = sms
        self._later = later

    def drain(self) -> int:
        """Deliver everything that is due now; return how many deliveries were tried."""
        tried = 0
        while self._one():
            tried += 1
        return tried

    def _one(self) -> bool:
        services = Services(self._parts, writing=True)
        try:
            claimed = services.outbox.claim(hold=HOLD)
            services.commit()
            if claimed is None:
                return False
            row, payload = claimed
            self._deliver(services, row, payload)
            services.commit()
            return True
        finally:
            services.close()

    def _deliver(self, services: Services, row: OutboxRow, payload: dict[str, str]) -> None:
        """Send with no transaction open; then note how it went."""
        row_id, kind, attempts = row.id, row.kind, row.attempts
        message = Sms(
            to=PhoneNumber(payload["to"]),
            text=payload["text"],
            reference=row.reference,
            operation_id=payload["operation_id"],
        )
        try:
            self._sms.send(message)
        except DeliveryFailed as failure:
            log.warning("delivery.failed", kind=kind, row=row_id, code=failure.code)
            if failure.temporary and attempts <= len(RETRIES):
                wait = RETRIES[attempts - 1]
                services.outbox.retry(row_id, failure.code, after=wait)
                self._later(wait)
            else:
                services.outbox.failed(row_id, failure.code)
        else:
            services.outbox.delivered(row_id)
            log.info("delivery.done", kind=kind, row=row_id)


class Worker:
    """The worker process."""

    def __init__(self, parts: Parts, sms: SmsChannel) -> None:
        self._parts = parts
        self._huey = queue(parts.settings)
        self._deliveries = Deliveries(parts, sms, later=self._later)
        self._drain = _task(self._huey, self._deliveries.drain)
        self._huey.periodic_task(crontab(minute="*"), name="sweep")(self.sweep)

    def run(self) -> None:
        """Work until a signal says stop."""
        self.sweep()
        Consumer(
            self._huey,
            workers=2,
            initial_delay=0.05,
            max_delay=POLL_SECONDS,
            check_worker_health=True,
        ).run()

    def sweep(self) -> None:
        """Do what nobody asked for in time: left-over deliveries, flows whose time is over."""
        self._deliveries.drain()
        services = Services(self._parts, writing=True)
        try:
            ended = services.flows.expire()
            services.commit()
        finally:
            services.close()
        if ended:
            log.info("flows.expired", count=ended)

    def _later(self, wait: timedelta) -> None:
        self._drain.schedule(delay=wait.total_seconds())


def _task(huey: Huey, work: Callable[[], object]) -> TaskWrapper:
    """Register the one job under the one name that web and worker share."""

    def drain() -> None:
        work()

    return huey.task(name="drain")(drain)
