"""The job queue: it only says "drain", so that the worker need not wait for its next look."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import structlog
from huey import Huey, PostgresHuey, SqliteHuey
from huey.api import TaskWrapper
from psycopg.errors import UniqueViolation

from app.settings import Settings
from app.store.engine import with_patience

log = structlog.get_logger("webflow.worker")

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


def drain_task(huey: Huey, work: Callable[[], object]) -> TaskWrapper:
    """Register the one job under the one name that web and worker share."""

    def drain() -> None:
        work()

    return huey.task(name="drain")(drain)


def waker(settings: Settings) -> Callable[[], None]:
    """Return what tells the worker that the outbox has something; a hint that may get lost.

    One thread does it, so that no request waits for the queue and one connection is enough; it
    ends with the application, or with the process when it has told what it was asked to.
    """
    telling = ThreadPoolExecutor(1, thread_name_prefix="wake-worker")
    is_asked = Event()
    opened: list[TaskWrapper] = []

    def tell() -> None:
        is_asked.clear()
        try:
            if not opened:
                opened.append(drain_task(queue(settings), lambda: None))
            opened[0]()
            opened[0].huey.storage.close()  # messages are rare, connections dear
        except Exception:
            log.warning("worker.not_woken", exc_info=True)

    def wake() -> None:
        if not is_asked.is_set():
            is_asked.set()
            try:
                telling.submit(tell)
            except RuntimeError:  # the process ends, or has no thread left: the worker looks itself
                is_asked.clear()

    return wake


def ping(settings: Settings) -> None:
    """Ask the queue something, or raise whatever it says."""
    opened = queue(settings)
    try:
        opened.pending_count()
    finally:
        opened.storage.close()
