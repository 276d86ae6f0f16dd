"""The queue of everything that leaves the house."""

from collections import Counter
from contextlib import suppress
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, text, update

from app import clock
from app.crypto.vault import CannotOpenError
from app.store.outbox import OutboxRow
from tests.support.store import all_of, on_sqlite, only_one, serving, writing
from tests.support.threads import at_once

HOLD = timedelta(seconds=60)
LIFETIME = timedelta(minutes=5)
SMS = {"to": "+420777000111", "text": "a code", "operation_id": "7f3c"}


@pytest.fixture
def time():
    with time_machine.travel(clock.now().replace(microsecond=0), tick=False) as traveller:
        yield traveller


def put(app, *references):
    with serving(app) as services:
        for reference in references:
            services.outbox.put("sms", reference, SMS | {"text": reference}, lifetime=LIFETIME)
        services.session.commit()


def claim(app, hold=HOLD):
    with serving(app) as services:
        claimed = services.outbox.claim(hold=hold)
        services.session.commit()
        return claimed


def note(app, what, *values, **named):
    with serving(app) as services:
        getattr(services.outbox, what)(*values, **named)
        services.session.commit()


def test_a_delivery_is_claimed_with_its_payload(app, time):
    put(app, "m1")
    row, payload = claim(app)
    assert payload == SMS | {"text": "m1"}
    assert (row.kind, row.reference, row.attempts, row.state) == ("sms", "m1", 1, "pending")
    assert row.due_at == clock.now() + HOLD
    assert row.expires_at == clock.now() + LIFETIME


@on_sqlite
def test_a_claimed_delivery_is_nobody_else_s_until_the_hold_is_over(app, time):
    put(app, "m1")
    assert claim(app)
    assert claim(app) is None
    time.shift(59)
    assert claim(app) is None
    time.shift(1)
    row, _ = claim(app)
    assert row.attempts == 2


@on_sqlite
def test_what_has_waited_longest_goes_first(app, time):
    for reference in ("m1", "m2", "m3"):
        put(app, reference)
        time.shift(1)
    assert [claim(app)[0].reference for _ in range(3)] == ["m1", "m2", "m3"]


@on_sqlite
@pytest.mark.parametrize(
    ("what", "state", "error"), [("delivered", "delivered", ""), ("failed", "failed", "refused")]
)
def test_a_finished_delivery_keeps_no_payload_and_never_comes_back(app, time, what, state, error):
    put(app, "m1")
    row, _ = claim(app)
    note(app, what, row.id, *([error] if error else []))
    kept = only_one(app, OutboxRow)
    assert (kept.state, kept.payload, kept.error) == (state, None, error)
    assert kept.finished_at == clock.now()
    time.shift(3600)
    assert claim(app) is None


@on_sqlite
def test_a_delivery_that_failed_for_now_comes_back_later(app, time):
    put(app, "m1")
    row, _ = claim(app)
    note(app, "retry", row.id, "no_answer", after=timedelta(seconds=5))
    assert claim(app) is None
    time.shift(5)
    row, payload = claim(app)
    assert (row.attempts, row.error) == (2, "no_answer")
    assert payload["text"] == "m1"


@on_sqlite
def test_a_voided_delivery_is_never_sent(app, time):
    put(app, "m1", "m2")
    note(app, "void", "m1")
    assert claim(app)[0].reference == "m2"
    assert claim(app) is None
    kept = next(row for row in all_of(app, OutboxRow) if row.reference == "m1")
    assert (kept.state, kept.payload) == ("void", None)


@on_sqlite
@pytest.mark.parametrize("what", ["retry", "delivered", "failed"])
def test_what_was_voided_while_it_was_claimed_stays_void(app, time, what):
    put(app, "m1")
    row, _ = claim(app)
    note(app, "void", "m1")
    named = {"after": timedelta(0)} if what == "retry" else {}
    note(app, what, row.id, *([] if what == "delivered" else ["no_answer"]), **named)
    kept = only_one(app, OutboxRow)
    assert (kept.state, kept.payload) == ("void", None)
    time.shift(61)
    assert claim(app) is None


@on_sqlite
@pytest.mark.parametrize("what", ["delivered", "failed"])
def test_what_is_finished_cannot_be_voided_or_finished_again(app, time, what):
    put(app, "m1")
    row, _ = claim(app)
    note(app, what, row.id, *(["refused"] if what == "failed" else []))
    before = only_one(app, OutboxRow)
    time.shift(1)
    note(app, "void", "m1")
    note(app, "failed", row.id, "other")
    after = only_one(app, OutboxRow)
    assert (after.state, after.error, after.finished_at) == (
        before.state, before.error, before.finished_at,
    )  # fmt: skip


def test_a_delivery_past_its_end_is_emptied_and_never_sent(app, time):
    put(app, "m1")
    time.shift(LIFETIME)
    assert claim(app) is None
    kept = only_one(app, OutboxRow)
    assert (kept.state, kept.payload, kept.error) == ("void", None, "expired")


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_nobody_waits_for_what_is_past_its_end_and_held_by_another(app, time):
    put(app, "m1", "m2")
    time.shift(LIFETIME)
    held = select(OutboxRow).where(OutboxRow.reference == "m1").with_for_update()
    with writing(app) as other, serving(app) as services:
        assert other.scalar(held)
        services.session.execute(text("SET LOCAL lock_timeout = '2s'"))
        assert services.outbox.claim(hold=HOLD) is None
        services.session.commit()
    states = {row.reference: row.state for row in all_of(app, OutboxRow)}
    assert states == {"m1": "pending", "m2": "void"}
    assert claim(app) is None
    assert {row.state for row in all_of(app, OutboxRow)} == {"void"}


def test_a_transaction_that_was_rolled_back_leaves_nothing(app):
    with serving(app) as services:
        services.outbox.put("sms", "m1", SMS, lifetime=LIFETIME)
        services.session.flush()
        services.session.rollback()
    assert all_of(app, OutboxRow) == []
    assert claim(app) is None


def test_two_workers_claim_each_delivery_once(app):
    references = [f"m{n}" for n in range(30)]
    put(app, *references)

    def drain():
        claimed = []
        while found := claim(app):
            claimed.append(found[0].reference)
        return claimed

    first, second, third = at_once(drain, drain, drain)
    assert Counter(first + second + third) == Counter(references)
    assert {row.attempts for row in all_of(app, OutboxRow)} == {1}


@on_sqlite
def test_a_payload_is_sealed_for_its_own_row(app):
    put(app, "m1", "m2")
    first, second = all_of(app, OutboxRow)
    assert b"a code" not in first.payload
    assert b"420777" not in first.payload
    with writing(app) as session:
        session.get(OutboxRow, first.id).payload = second.payload
        session.get(OutboxRow, second.id).payload = first.payload
    claimed = None
    with serving(app) as services, suppress(CannotOpenError):
        claimed = services.outbox.claim(hold=HOLD)
    assert claimed is None


@on_sqlite
def test_however_much_cannot_be_opened_the_rest_is_delivered(app, time):
    put(app, *(f"m{number}" for number in range(1200)))
    with writing(app) as session:  # the key of these is lost
        session.execute(update(OutboxRow).values(payload=b"\x01" + bytes(60)))
    time.shift(1)
    put(app, "readable")
    _, payload = claim(app)
    assert payload["text"] == "readable"
    assert Counter(row.error for row in all_of(app, OutboxRow))["cannot_open"] == 1200
