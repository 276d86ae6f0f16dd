"""Copies of a PostgreSQL database: one that was used is made like the original again.

That takes a tenth of the time of another CREATE DATABASE. What a test did to the schema cannot be
undone so: such a copy is thrown away.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import psycopg
from psycopg import sql
from psycopg.errors import InsufficientPrivilege, ObjectInUse
from psycopg.rows import scalar_row
from sqlalchemy import make_url

CATALOGS: Final = (
    "attrdef", "attribute", "class", "constraint", "index", "namespace", "proc", "sequence",
    "trigger", "type",
)  # fmt: skip
SCHEMA: Final = " UNION ALL ".join(
    f"SELECT count(*)::text || '/' || max(xmin::text::bigint) FROM pg_{name}"  # noqa: S608 - ours
    for name in CATALOGS
)
"""Differs as soon as something was created, changed or dropped; rows change nothing of it."""
TABLES: Final = (
    "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace "
    "AND pg_relation_size(oid) > 0"
)
"""Those that have rows, or had."""
SEQUENCES: Final = "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'"
ALONE: Final = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s"


@dataclass
class Copies:
    """Gives one copy after the other, under a new name each time: who kept the old one is out."""

    server: str
    template: str
    _free: list[str] = field(default_factory=list)
    _schema: Sequence[str] = ()
    _rows: dict[str, bytes] = field(default_factory=dict)
    _sequences: Sequence[str] = ()

    def __post_init__(self) -> None:
        with self._connected(self.template) as original:
            self._schema = _all(original, SCHEMA)
            self._rows = {table: _copied(original, table) for table in _all(original, TABLES)}
            self._sequences = [_setting(original, each) for each in _all(original, SEQUENCES)]

    @contextmanager
    def one(self) -> Iterator[str]:
        """Yield the URL of a database like the template."""
        name = new_name()
        with self._connected() as server:
            if self._free:
                _run(server, "ALTER DATABASE {} RENAME TO {}", self._free.pop(), name)
            else:
                _run(server, "CREATE DATABASE {} TEMPLATE {}", name, self.template)
        try:
            yield make_url(self.server).set(database=name).render_as_string(hide_password=False)
        finally:
            self._take_back(name)

    def drop(self) -> None:
        """Throw all of them away."""
        with self._connected() as server:
            while self._free:
                _run(server, "DROP DATABASE {} WITH (FORCE)", self._free.pop())

    def _take_back(self, name: str) -> None:
        retired = f"{name}_free"
        with self._connected() as server:
            server.execute(ALONE, (name,))
            try:
                _run(server, "ALTER DATABASE {} RENAME TO {}", name, retired)
            except ObjectInUse:  # somebody has come back already
                _run(server, "DROP DATABASE {} WITH (FORCE)", name)
                return
            self._free.append(retired)
            if not self._restored(retired):
                _run(server, "DROP DATABASE {} WITH (FORCE)", self._free.pop())

    def _restored(self, name: str) -> bool:
        with self._connected(name) as copy:
            if _all(copy, SCHEMA) != self._schema:
                return False
            try:
                self._wipe(copy)
            except InsufficientPrivilege:  # a server that was given, and no superuser
                return False
            for table, rows in self._rows.items():
                with copy.cursor().copy(_named(table, "COPY {} FROM STDIN")) as into:
                    into.write(rows)
        return True

    def _wipe(self, copy: psycopg.Connection) -> None:
        copy.execute("SET session_replication_role = replica")  # no trigger, no order of tables
        for table in _all(copy, TABLES):
            copy.execute(_named(table, "DELETE FROM {}"))
            copy.execute(_named(table, "VACUUM {}"))  # rows come in the order of their making
        for setting in self._sequences:
            copy.execute(setting.encode())

    def _connected(self, name: str = "postgres") -> psycopg.Connection:
        url = make_url(self.server).set(drivername="postgresql", database=name)
        return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)


def new_name() -> str:
    """Return a name that no database has."""
    return f"webflow_{os.getpid()}_{os.urandom(4).hex()}"


def _all(connection: psycopg.Connection, question: str) -> list[str]:
    return connection.cursor(row_factory=scalar_row).execute(question.encode()).fetchall()


def _run(server: psycopg.Connection, statement: str, *names: str) -> None:
    """Run one statement outside of a transaction, as CREATE DATABASE wants it."""
    server.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _named(table: str, statement: str) -> sql.Composed:
    return sql.SQL(statement).format(sql.Identifier(table))


def _copied(original: psycopg.Connection, table: str) -> bytes:
    with original.cursor().copy(_named(table, "COPY {} TO STDOUT")) as out:
        return b"".join(map(bytes, out))


def _setting(original: psycopg.Connection, sequence: str) -> str:
    asked = _named(sequence, "SELECT last_value, is_called FROM {}")
    value, is_called = original.execute(asked).fetchone() or (1, False)
    return f"SELECT setval('\"{sequence}\"', {value}, {is_called})"
