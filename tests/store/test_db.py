"""What all tables rely on."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError, StatementError

from app.store.db import changed_one
from app.store.flows import Flow, FlowRecord
from app.store.sessions import Browser
from tests.support.databases import engine_of
from tests.support.store import on_sqlite, reading, writing
from tests.support.threads import at_once
from tests.support.walker import Walker

MOMENT = datetime(2026, 7, 1, 12, 0, 0, 123456, tzinfo=UTC)


def browser(moment):
    return Browser(id="b", token_digest="d", created_at=moment)


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=2))])
def test_a_moment_comes_back_as_the_same_moment_in_utc(app, zone):
    with writing(app) as session:
        session.add(browser(MOMENT.astimezone(zone)))
    with reading(app) as session:
        kept = session.get(Browser, "b").created_at
        assert kept == MOMENT
        assert kept.tzinfo is UTC
        wanted = select(Browser.id).where(Browser.created_at == MOMENT.astimezone(zone))
        assert session.scalar(wanted) == "b"
        later = select(Browser.id).where(Browser.created_at < MOMENT.astimezone(zone))
        assert session.scalar(later) is None


@on_sqlite
def test_a_moment_without_a_zone_is_refused(app):
    with pytest.raises(StatementError), writing(app) as session:
        session.add(browser(MOMENT.replace(tzinfo=None)))


def test_a_conditional_change_tells_whether_it_was_ours(app):
    with writing(app) as session:
        session.add(browser(MOMENT))
    with writing(app) as session:
        mine = update(Browser).where(Browser.token_digest == "d").values(token_digest="e")
        assert changed_one(session, mine)
        assert not changed_one(session, mine)


@pytest.mark.parametrize(
    "values",
    [
        {"step": None},
        {"result": "DONE"},
        {"result": "MAYBE"},
        {"attempts": -1},
    ],
)
def test_the_database_itself_refuses_a_flow_that_makes_no_sense(app, values):
    walker = Walker(app)
    walker.start_login()
    with pytest.raises(IntegrityError), writing(app) as session:
        session.execute(update(Flow).values(**values))


@on_sqlite
def test_a_step_is_recorded_once(app):
    walker = Walker(app)
    walker.start_login()
    with pytest.raises(IntegrityError), writing(app) as session:
        session.add(
            FlowRecord(
                flow_id=walker.flow().id, number=1, step="INIT", step_result="CONFIRMED",
                instruments=[], result="CONTINUE", created_at=MOMENT,
            )
        )  # fmt: skip


@on_sqlite
def test_sqlite_is_told_to_be_durable_patient_and_strict(app):
    wanted = {"journal_mode": "wal", "synchronous": 2, "busy_timeout": 5000, "foreign_keys": 1}
    with engine_of(app).connect() as connection:
        for pragma, value in wanted.items():
            assert connection.scalar(text(f"PRAGMA {pragma}")) == value


@on_sqlite
def test_a_writing_transaction_of_sqlite_waits_for_its_turn_instead_of_failing(app):
    """Read first, write later: without BEGIN IMMEDIATE one of them gets "database is locked"."""
    with writing(app) as session:
        session.add(browser(MOMENT))

    def bump():
        for _ in range(10):
            with writing(app) as session:
                row = session.get(Browser, "b")
                row.created_at = row.created_at + timedelta(seconds=1)

    at_once(bump, bump, bump, bump)
    with reading(app) as session:
        assert session.get(Browser, "b").created_at == MOMENT + timedelta(seconds=40)


@on_sqlite
def test_no_value_of_a_statement_stands_in_an_error_of_the_database(app):
    with writing(app) as session:
        session.add(browser(MOMENT))
    twice = Browser(id="the other", token_digest="d", created_at=MOMENT)
    with pytest.raises(IntegrityError) as caught, writing(app) as session:
        session.add(twice)
    assert "the other" not in str(caught.value)
