"""How the database is opened; SQLite is told what PostgreSQL does by itself."""

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

SPARE_CONNECTIONS = 4


def options(url: str, threads: int) -> dict[str, object]:
    """Return the engine's options: a connection for each thread, and no values in its errors."""
    pool: dict[str, object] = {
        "pool_size": threads,
        "max_overflow": SPARE_CONNECTIONS,
        "hide_parameters": True,
    }
    return pool if url.startswith("sqlite") else {**pool, "pool_pre_ping": True}


def listen(engine: Engine) -> None:
    """Make SQLite durable, patient, and honest about the beginning of a writing transaction.

    A transaction that reads first and writes later cannot wait for its turn in SQLite; so a
    writing one says so at once (BEGIN IMMEDIATE) and queues for up to the busy timeout.
    """
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # sqlite3 begins nothing by itself
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "busy_timeout=5000",
            "foreign_keys=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
