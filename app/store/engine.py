"""How the database is opened; SQLite is told what PostgreSQL does by itself."""

from threading import Lock

from sqlalchemy import Connection, Engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

SPARE_CONNECTIONS = 4
CONNECT_SECONDS = 5
"""How long a connection to PostgreSQL may take to open; `connect_timeout` in the URL wins."""

SILENT_SECONDS = 15
"""How long a PostgreSQL that has vanished from the network is waited for."""

BUSY_SECONDS = 5
"""How long a writer waits for its turn in SQLite."""


def options(url: str, threads: int) -> dict[str, object]:
    """Return the engine's options: connections for each thread, and no values in its errors.

    A request needs a second connection now and then, e.g. to read a key.
    """
    pool: dict[str, object] = {
        "pool_size": threads + 1,
        "max_overflow": SPARE_CONNECTIONS,
        "hide_parameters": True,
    }
    if url.startswith("sqlite"):
        return pool
    waits = {"connect_timeout": CONNECT_SECONDS, "tcp_user_timeout": 1000 * SILENT_SECONDS}
    given = make_url(url).query
    return {
        **pool,
        "pool_pre_ping": True,
        "connect_args": {name: value for name, value in waits.items() if name not in given},
    }


def with_patience(dsn: str) -> str:
    """Return a PostgreSQL URL that waits for a connection no longer than we do."""
    url = make_url(dsn)
    if "connect_timeout" in url.query:
        return dsn
    url = url.update_query_dict({"connect_timeout": str(CONNECT_SECONDS)})
    return url.render_as_string(hide_password=False)


def listen(engine: Engine) -> None:
    """Make SQLite durable, patient, and honest about the beginning of a writing transaction.

    A transaction that reads first and writes later cannot wait for its turn in SQLite; so a
    writing one says so at once (BEGIN IMMEDIATE) and queues for up to the busy timeout.

    In SQLite's own queue whoever waits longest asks least often, so that under load some never get
    their turn. Therefore only one thread of a process asks at a time; the others wait for it.
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
            f"busy_timeout={BUSY_SECONDS * 1000}",
            "foreign_keys=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    turn = Lock()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if not connection.get_execution_options().get("writing", False):
            connection.exec_driver_sql("BEGIN")
            return
        is_ours = turn.acquire(timeout=BUSY_SECONDS)
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        finally:
            if is_ours:
                turn.release()
