"""Whoever somebody says to be, it costs the same: statements, rows, and calls of the bank."""

import re

import time_machine
from sqlalchemy import event

from app import clock
from app.deliveries import Deliveries
from app.settings import SmsSettings
from app.store.otps import SmsAuthorization, SmsDecoy
from app.store.outbox import OutboxRow
from tests.support.banks import FakeBank
from tests.support.databases import built, engine_of
from tests.support.phones import Phone
from tests.support.store import all_of, on_sqlite, parts_of, put_in
from tests.support.walker import APPLICATION, Walker, normalised, prepared

KNOWN, UNKNOWN, BLOCKED = "customer1", "unknown12", "blocked12"
EVERYBODY = (KNOWN, UNKNOWN, BLOCKED)
OF_WHOM = re.compile(r"SET user_id=\S+ ")
"""The one column that tells them apart."""
NOW_AND_THEN = ("demo_clock", "BEGIN")
"""What a process asks once a second, whoever is there."""
MANY = "No new code was sent: too many were asked for in a short time."
NONE = "No code was sent: too many were asked for in a short time."
SENT = "We sent an SMS"


class Asked:
    """A bank that notes what it is asked."""

    def __init__(self, calls):
        self._bank, self._calls = FakeBank(), calls

    def __getattr__(self, name):
        if name in ("find_user", "user", "check_password"):
            self._calls.append(name)
        return getattr(self._bank, name)


class Costs:
    """What each request of a walk makes the database and the bank do."""

    def __init__(self, app):
        self.engine, self.noted = engine_of(app), []
        put_in(app, bank=Asked(self.noted))

    def __enter__(self):
        event.listen(self.engine, "after_cursor_execute", self._note)
        return self.noted

    def __exit__(self, *_):
        event.remove(self.engine, "after_cursor_execute", self._note)

    def _note(self, _connection, cursor, statement, *_):
        where = " ".join(statement.replace("sms_decoys", "da_sms_authorization").split())
        where = OF_WHOM.sub("SET ", where)
        if not any(part in where for part in NOW_AND_THEN):
            self.noted.append((where, cursor.rowcount))


def begun(app, operation="login_sca"):
    walker = Walker(app)
    if operation == "login_sca":
        walker.start_login()
    else:
        operation_id = prepared(
            app,
            operationName=operation,
            operationData="A2",
            applicationContext={**APPLICATION, "originalScopes": []},
        )
        walker.start_login(operation_id=operation_id)
    return walker


def test_everybody_costs_the_same_statements_rows_and_calls(app):
    costs = {}
    with time_machine.travel(clock.now(), tick=False) as time:
        for name in EVERYBODY:
            walker = begun(app)
            with Costs(app) as noted:
                walker.name(name)
                walker.prove("12345678")
                walker.prove("12345678", "wrong")
                time.shift(60)
                walker.press("resend")
                walker.prove("12345678", "test")
                walker.press("resend")
                for _ in range(2):
                    walker.prove("12345678")
            assert walker.flow().result == "FAILED"
            costs[name] = list(noted)
    assert [call for call in costs[KNOWN] if isinstance(call, str)] == [
        *("find_user", "check_password", "check_password", "user"),
        *["check_password"] * 3,
    ]
    written = [note[0] for note in costs[KNOWN] if isinstance(note, tuple)]
    assert sum("INSERT INTO outbox" in statement for statement in written) == 2
    assert costs[UNKNOWN] == costs[KNOWN]
    assert costs[BLOCKED] == costs[KNOWN]


def test_a_plain_login_costs_everybody_the_same(app):
    costs = {}
    for name in EVERYBODY:
        walker = begun(app, "login")
        with Costs(app) as noted:
            for _ in range(5):
                walker.press("continue", username=name, password="wrong")
        assert walker.flow().result == "FAILED"
        costs[name] = list(noted)
    assert costs[UNKNOWN] == costs[KNOWN]
    assert costs[BLOCKED] == costs[KNOWN]


def test_a_user_who_is_blocked_for_failures_costs_what_the_others_cost(app):
    """A right answer while blocked is a wrong one, in everything that can be seen or timed."""
    costs = {}
    for name in (KNOWN, "customer2"):
        walker = begun(app)
        walker.name(name)
        for _ in range(5 if name == KNOWN else 1):
            walker.prove("12345678")
        walker = begun(app)
        walker.name(name)
        code = walker.code() if name == KNOWN else "12345678"
        with Costs(app) as noted:
            walker.prove(code)
        assert walker.flow().attempts == 1
        costs[name] = list(noted)
    assert _without_counts(costs[KNOWN]) == _without_counts(costs["customer2"])


def test_a_decoy_is_never_right_and_reaches_nobody(app):
    walker = begun(app)
    walker.name(UNKNOWN)
    (decoy,) = all_of(app, SmsDecoy)
    walker.prove(decoy.authorization_code)
    assert walker.flow().attempts == 1
    phone = Phone()
    Deliveries(parts_of(app), phone, later=print).drain()
    assert phone.sent == []
    (row,) = all_of(app, OutboxRow)
    assert (row.kind, row.state, row.payload) == ("decoy", "delivered", None)
    assert all_of(app, SmsAuthorization) == []


@on_sqlite
def test_one_user_gets_only_so_many_messages_in_an_hour_and_in_a_day(app):
    walks = {}
    with time_machine.travel(clock.now(), tick=False) as time:
        for name in EVERYBODY:
            pages = []
            for hour in range(4):
                for _ in range(20):
                    walker = begun(app)
                    walker.name(name)
                walker = begun(app)
                pages.append(walker.name(name))
                assert NONE in pages[-1].text, (name, hour)
                assert SENT not in pages[-1].text, (name, hour)
                time.shift(3600)
            walks[name] = [normalised(page, username=name) for page in pages]
            assert len([m for m in all_of(app, SmsAuthorization) if m.user_id == name]) == (
                60 if name == KNOWN else 0
            )
            time.shift(-4 * 3600)
    assert walks[UNKNOWN] == walks[KNOWN]
    assert walks[BLOCKED] == walks[KNOWN]


@on_sqlite
def test_one_name_in_two_segments_is_two_users_whether_or_not_they_exist(settings):
    limited = settings.model_copy(update={"sms": SmsSettings(per_hour=2)})
    with built(limited) as app:
        for name in EVERYBODY:
            told = [
                NONE in begun(app).name(name, organization=segment).text
                for segment in ("RETAIL", "RETAIL", "RETAIL", "SME", "SME", "SME")
            ]
            assert told == [False, False, True, False, False, True], name


def test_a_code_that_was_sent_before_the_limit_goes_on_working(settings):
    limited = settings.model_copy(update={"sms": SmsSettings(per_hour=1)})
    with built(limited) as app:
        _ask_for_one_too_many(app)


def _ask_for_one_too_many(app):
    walker = begun(app)
    walker.name(KNOWN)
    code = walker.code()
    with time_machine.travel(clock.now(), tick=False) as time:
        time.shift(60)
        page = walker.press("resend")
        assert MANY in page.text
        assert SENT in page.text
        assert "We sent a new code" not in page.text
        walker.prove(code)
    assert walker.flow().step == "CONSENT"
    assert len(walker.messages()) == 1


def _without_counts(noted):
    """A block is one row that is not counted up: all the rest is the same."""
    return [note if isinstance(note, str) else note[0] for note in noted]
