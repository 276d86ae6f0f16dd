"""What only one process at a time does to a database, however many start together."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

from sqlalchemy import Connection, func, select


class Lock(IntEnum):
    """What is locked: numbers that nobody else in this database uses (`webf` and a count)."""

    MIGRATIONS = 0x77656266_00000001
    SEED = 0x77656266_00000002


@contextmanager
def alone(connection: Connection, lock: Lock) -> Iterator[None]:
    """Wait until nobody else holds a lock, and hold it; it ends with the connection, too.

    SQLite has one machine's processes, which `flask up` starts one after the other.
    """
    if connection.dialect.name != "postgresql":
        yield
        return
    connection.execute(select(func.pg_advisory_lock(lock.value)))
    connection.commit()  # the lock stays; transactions of others begin after it
    try:
        yield
    finally:
        connection.rollback()
        connection.execute(select(func.pg_advisory_unlock(lock.value)))
        connection.commit()
