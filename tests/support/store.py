"""Look into the database behind an application, and change it behind its back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.services import Parts, Services
from app.store.db import Base
from tests.support.databases import engine_of
from tests.support.patience import comes

RowT = TypeVar("RowT", bound=Base)

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
"""For what has nothing to do with the kind of database: the test runs once."""


def parts_of(app: Flask) -> Parts:
    """Return what the application was built from."""
    parts: Parts = app.extensions["webflow"]
    return parts


def put_in(app: Flask, **changes: object) -> None:
    """Put other parts where the house ends: a bank, listeners, a gate."""
    parts = parts_of(app)
    for name, part in changes.items():
        assert hasattr(parts, name)
        object.__setattr__(parts, name, part)


@contextmanager
def waking(app: Flask, wake: Callable[[], None]) -> Iterator[None]:
    """Hear for a while when the worker would be woken."""
    usual = parts_of(app).wake_worker
    put_in(app, wake_worker=wake)
    try:
        yield
    finally:
        put_in(app, wake_worker=usual)


@contextmanager
def reading(app: Flask) -> Iterator[Session]:
    """Give a session that sees what is committed."""
    with Session(engine_of(app), expire_on_commit=False) as session:
        yield session


def wait_for_a_lock(app: Flask) -> None:
    """Return once somebody waits for a lock in PostgreSQL."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )

    def is_waiting() -> bool:
        with reading(app) as session:  # a transaction sees the activity of its first look only
            return bool(session.scalar(waiting))

    assert comes(is_waiting), "nobody waits"


@contextmanager
def writing(app: Flask) -> Iterator[Session]:
    """Give a session whose changes are committed at the end."""
    engine = engine_of(app).execution_options(writing=True)
    with Session(engine, expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def serving(app: Flask, *, writing: bool = True) -> Iterator[Services]:
    """Give services as a request or the worker has them; the test commits."""
    services = Services(parts_of(app), writing=writing)
    try:
        yield services
    finally:
        services.close()


def all_of(app: Flask, model: type[RowT]) -> list[RowT]:
    """Return every row of a table."""
    with reading(app) as session:
        return list(session.scalars(select(model)))


def only_one(app: Flask, model: type[RowT]) -> RowT:
    """Return the only row of a table."""
    (row,) = all_of(app, model)
    return row


def census(app: Flask) -> dict[str, int]:
    """Count the rows of every table; equal before and after where nothing may be created."""
    with reading(app) as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }
