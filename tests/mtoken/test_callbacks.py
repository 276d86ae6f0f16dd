"""Callbacks: who hears what, in which order, how often, and what happens to those who fail."""

import base64
import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from app import clock
from app.calls import Calls
from app.channels.base import DeliveryFailed
from app.channels.webhook import Webhooks
from app.crypto.activation import State
from app.deliveries import Deliveries
from app.metrics import hear, written
from app.mtoken.callback_views import Basic, CallbackWish, OAuth2
from app.store.callbacks import CallbackRow
from app.store.outbox import OutboxRow
from tests.support.operations import BANK_APP, JANE, JOHNNY, OTHER_APP
from tests.support.patience import comes
from tests.support.phones import Phone
from tests.support.receiver import receiving, verified
from tests.support.store import (
    all_of,
    on_postgresql,
    on_sqlite,
    only_one,
    parts_of,
    put_in,
    serving,
    writing,
)
from tests.support.threads import at_once
from tests.support.workers import working

OPERATION, REGISTRATION = "OPERATION_STATUS_CHANGE", "REGISTRATION_STATUS_CHANGE"
SIGNING = "whsec_" + base64.b64encode(bytes(32)).decode()


class Channel:
    """Where the house ends: takes calls, or fails as often as it is told to."""

    def __init__(self, *failures):
        self.sent, self.tried, self.failures = [], [], list(failures)

    def send(self, call):
        self.tried.append(call)
        if self.failures and (failure := self.failures.pop(0)):
            raise failure
        self.sent.append(call)

    @property
    def told(self):
        return [call.body.decode() for call in self.sent]


def busy(times=1):
    return [DeliveryFailed("http_503", temporary=True) for _ in range(times)]


def calls(app, channel, waits=None):
    return Calls(parts_of(app), channel, later=(lambda _w: None) if waits is None else waits.append)


def add(room, **wanted):
    usual = {"name": "x", "type": OPERATION, "url": "http://127.0.0.1/", "attributes": ("status",)}
    application = wanted.pop("application", BANK_APP)
    wish = CallbackWish(**{**usual, **wanted})
    return room.do(lambda services: services.callbacks.create(application, wish)).id


def configure(app, **changes):
    settings = parts_of(app).settings
    section = settings.callbacks.model_copy(update=changes)
    put_in(app, settings=settings.model_copy(update={"callbacks": section}))


def rows(app):
    kept = [row for row in all_of(app, OutboxRow) if row.kind == "callback"]
    return sorted(kept, key=lambda row: (row.lane, row.turn))


def said(operation, status):
    return f'{{"type":"OPERATION","operationId":"{operation.id}","status":"{status}"}}'


# --- who hears of a change ------------------------------------------------------------------------


def test_each_change_of_an_operation_is_told_in_order(room, app):
    add(room)
    channel = Channel()
    endings = {
        "APPROVED": room.approve, "REJECTED": room.reject, "CANCELED": room.cancel,
    }  # fmt: skip
    for status, end in endings.items():
        operation = room.create()
        room.fail(operation)
        end(operation)
        calls(app, channel).drain()
        assert channel.told == [said(operation, s) for s in ("PENDING", "PENDING", status)]
        channel.sent.clear()
    operation = room.create()
    for _ in range(5):
        room.fail(operation)
    calls(app, channel).drain()
    assert channel.told == [said(operation, s) for s in (*["PENDING"] * 5, "FAILED")]


def test_an_end_of_time_is_told_once_by_whoever_notices_first(room, app, time):  # 49
    add(room)
    operation = room.create()
    time.shift(301)
    expired = at_once(*[room.expire] * 3)
    assert sum(expired) == 1
    channel = Channel()
    calls(app, channel).drain()
    assert channel.told == [said(operation, "PENDING"), said(operation, "EXPIRED")]


@on_sqlite
def test_a_claim_changes_no_status_and_is_not_told(room, app):
    add(room)
    room.claim(room.create(user_id=None))
    assert len(rows(app)) == 1


def test_of_parallel_approvals_one_is_told(room, app):  # 88
    add(room)
    operation = room.create()
    at_once(*[lambda: room.approve(operation)] * 3)
    channel = Channel()
    calls(app, channel).drain()
    assert channel.told == [said(operation, "PENDING"), said(operation, "APPROVED")]


@on_sqlite
def test_each_application_s_callbacks_hear_what_is_theirs(room, app):
    here, there = add(room), add(room, application=OTHER_APP)
    add(room, type=REGISTRATION, attributes=())
    add(room, enabled=False)
    add(room, max_attempts=0)
    room.create()
    assert [row.reference for row in rows(app)] == [f"callback:{here}"]
    room.create(applications=(BANK_APP, OTHER_APP))
    heard = [row.reference.removeprefix("callback:") for row in rows(app)]
    assert sorted(heard) == sorted([here, here, there])


def test_a_change_that_is_rolled_back_is_not_told(room, app):  # 47
    add(room)
    add(room, type=REGISTRATION, attributes=())
    operation = room.create()
    with serving(app) as services:
        assert services.operations.cancel(operation.id)
        row = services.mtoken.lifecycle.locked(JOHNNY.registration_id)
        services.mtoken.lifecycle.move(row, State.BLOCKED, "LOST")
        services.session.flush()  # and then the process is gone
    channel = Channel()
    calls(app, channel).drain()
    assert channel.told == [said(operation, "PENDING")]


@on_sqlite
def test_what_waits_in_the_outbox_is_sealed(room, app):
    add(room, attributes=("userId", "data"))
    room.create()
    (row,) = rows(app)
    assert JOHNNY.user_id.encode() not in row.payload


# --- retries --------------------------------------------------------------------------------------


@on_sqlite
def test_by_default_there_is_one_attempt(room, app, time):  # 41
    add(room)
    room.create()
    channel = Channel(*busy())
    calls(app, channel).drain()
    time.shift(3600)
    calls(app, channel).drain()
    assert len(channel.tried) == 1
    (row,) = rows(app)
    assert (row.state, row.error, row.attempts) == ("failed", "http_503", 1)


@on_sqlite
def test_waits_grow_by_half_with_the_same_key_and_body(room, app, time):  # 40, 42
    add(room, max_attempts=4)
    operation = room.create()
    channel, waits = Channel(*busy(9)), []
    worker = calls(app, channel, waits)
    for wait in (2, 3, 4.5, 0):
        assert worker.drain() == 1
        time.shift(wait - 0.001)
        assert worker.drain() == 0
        time.shift(0.001)
    assert [wait.total_seconds() for wait in waits] == [2, 3, 4.5]
    assert len({(call.id, call.body) for call in channel.tried}) == 1
    assert rows(app)[0].state == "failed"
    assert room.heard.names(operation.id)[-1] == "callback.failed"


@on_sqlite
def test_no_wait_is_longer_than_the_longest(room, app, time):  # 43
    add(room, max_attempts=200)
    room.create()
    waits = []
    worker = calls(app, Channel(*busy(99)), waits)
    for _ in range(90):
        worker.drain()
        time.shift(32)
    assert max(waits) == timedelta(seconds=32)
    assert len(waits) == 90


@on_sqlite
def test_what_comes_later_waits_for_what_was_before(room, app, time):
    add(room, max_attempts=3)
    first, second = room.create(), room.create()
    room.cancel(first)
    channel = Channel(*busy())
    worker = calls(app, channel)
    worker.drain()
    assert channel.told == [said(second, "PENDING")]
    room.cancel(second)
    time.shift(2)
    worker.drain()
    of_first = [told for told in channel.told if first.id in told]
    assert of_first == [said(first, "PENDING"), said(first, "CANCELED")]
    assert said(second, "CANCELED") in channel.told


@on_sqlite
def test_what_was_before_may_be_given_up(room, app, time):
    add(room, max_attempts=2)
    operation = room.create()
    room.cancel(operation)
    channel = Channel(*busy(2))
    worker = calls(app, channel)
    worker.drain()
    assert channel.told == []
    time.shift(2)
    worker.drain()
    assert channel.told == [said(operation, "CANCELED")]
    assert [row.state for row in rows(app)] == ["failed", "delivered"]


@on_sqlite
def test_one_receiver_s_order_does_not_bind_another(room, app):
    slow, quick = add(room, max_attempts=3), add(room, url="http://127.0.0.1/quick")
    operation = room.create()
    room.cancel(operation)

    class Choosy(Channel):
        def send(self, call):
            if call.url.endswith("/"):
                raise busy()[0]
            super().send(call)

    channel = Choosy()
    calls(app, channel).drain()
    assert channel.told == [said(operation, "PENDING"), said(operation, "CANCELED")]
    assert slow != quick


@on_sqlite
@pytest.mark.parametrize("attempts", [1, 4])
def test_what_a_dead_worker_left_is_called_again_with_the_same_key(room, app, time, attempts):
    add(room, max_attempts=attempts)
    operation = room.create()
    with serving(app) as services:
        row, _ = services.outbox.claim(hold=timedelta(seconds=30), kinds=("callback",))
        services.session.commit()
    channel = Channel()
    assert calls(app, channel).drain() == 0
    time.shift(30)
    assert calls(app, channel).drain() == 1
    assert channel.told == [said(operation, "PENDING")]
    assert channel.sent[0].id == row.id


@on_sqlite
def test_a_call_of_which_workers_die_is_given_up(room, app, time):
    add(room)
    room.create()
    for _ in range(4):
        with serving(app) as services:
            services.outbox.claim(hold=timedelta(seconds=30), kinds=("callback",))
            services.session.commit()
        time.shift(30)
    channel = Channel()
    calls(app, channel).drain()
    assert channel.tried == []
    assert (rows(app)[0].state, rows(app)[0].error) == ("failed", "interrupted")


@on_sqlite
def test_a_bug_keeps_nobody_waiting(room, app):
    add(room)
    room.create()
    operation = room.create()
    channel = Channel(RuntimeError("a bug"))
    calls(app, channel).drain()
    assert len(channel.sent) == 1
    assert sorted(row.state for row in rows(app)) == ["delivered", "failed"]
    assert operation


def test_several_workers_make_each_call_once(room, app):
    add(room, attributes=())
    for _ in range(10):
        room.cancel(room.create())
    channel = Channel()
    at_once(*[lambda: calls(app, channel).drain()] * 3)
    assert len({call.id for call in channel.sent}) == len(channel.sent) == 20


# --- changes and removals -------------------------------------------------------------------------


@on_sqlite
def test_what_waits_for_a_removed_callback_is_never_sent(room, app):
    callback = add(room)
    room.create()
    room.do(lambda services: services.callbacks.remove(BANK_APP, callback))
    channel = Channel()
    assert calls(app, channel).drain() == 0
    assert [(row.state, row.payload) for row in rows(app)] == [("void", None)]


@on_sqlite
def test_a_callback_that_is_switched_off_is_called_no_more(room, app):
    callback = add(room)
    room.create()
    with writing(app) as session:
        session.get(CallbackRow, callback).enabled = False
    channel = Channel()
    calls(app, channel).drain()
    assert channel.tried == []
    assert (rows(app)[0].state, rows(app)[0].error) == ("failed", "disabled")


@on_sqlite
def test_a_callback_that_has_no_attempts_any_more_is_called_no_more(room, app):
    callback = add(room)
    room.create()
    none = CallbackWish(name="x", type=OPERATION, url="http://127.0.0.1/", max_attempts=0)
    room.do(lambda services: services.callbacks.update(BANK_APP, callback, none))
    channel = Channel()
    calls(app, channel).drain()
    assert channel.tried == []
    assert (rows(app)[0].state, rows(app)[0].error) == ("failed", "disabled")


@on_sqlite
def test_however_many_calls_cannot_be_opened_the_next_one_is_made(room, app):
    add(room)
    room.create()
    with writing(app) as session:
        row = session.scalars(select(OutboxRow)).one()
        lost = {name: getattr(row, name) for name in ("kind", "reference", "created_at")} | {
            "payload": b"lost", "due_at": row.due_at - timedelta(hours=1),
            "expires_at": row.expires_at,
        }  # fmt: skip
        session.add_all(OutboxRow(id=f"lost-{n}", **lost) for n in range(1200))
    channel = Channel()
    assert calls(app, channel).drain() == len(channel.sent) == 1
    assert {row.error for row in all_of(app, OutboxRow) if row.state == "failed"} == {"cannot_open"}


@on_sqlite
def test_a_secret_that_cannot_be_opened_keeps_nobody_waiting(room, app):
    callback = add(room, basic=Basic(enabled=True, username="u", password="p"))
    room.create()
    with writing(app) as session:
        row = session.get(CallbackRow, callback)
        sealed = row.basic_password_sealed
        row.basic_password_sealed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    add(room)
    room.create()
    channel = Channel()
    calls(app, channel).drain()
    assert len(channel.sent) == 1
    assert {row.error for row in rows(app)} == {"", "cannot_open"}


# --- the circuit ----------------------------------------------------------------------------------


def opened(room, app, times):
    for _ in range(times):
        room.create()
    channel = Channel(*busy(times))
    calls(app, channel).drain()
    return channel


def test_after_too_many_failures_nobody_calls_but_one_who_looks(room, app, time):  # 45
    configure(app, failure_threshold=3)
    callback = add(room)
    assert len(opened(room, app, 3).tried) == 3
    assert room.heard.names(callback)[-1] == "callback.suspended"
    channel = Channel(*busy())
    room.create()
    calls(app, channel).drain()
    assert channel.tried == []
    assert [row.error for row in rows(app)].count("suspended") == 1
    time.shift(60)
    room.create()
    room.create()
    calls(app, channel).drain()
    assert len(channel.tried) == 1
    time.shift(59)
    room.create()
    calls(app, channel).drain()
    assert len(channel.tried) == 1
    time.shift(1)
    room.create()
    room.create()
    calls(app, channel).drain()
    assert len(channel.sent) == 2
    assert room.heard.names(callback)[-1] == "callback.resumed"
    assert only_one(app, CallbackRow).failures == 0


@on_postgresql
def test_a_worker_that_looks_does_not_wait_for_who_changes_the_callback(room, app, time):
    configure(app, failure_threshold=1)
    callback = add(room)
    opened(room, app, 1)
    time.shift(60)
    room.create()
    channel = Channel()
    with writing(app) as changing:
        changing.get_one(CallbackRow, callback, with_for_update=True)
        calls(app, channel).drain()
        assert channel.tried == []
        assert [row.error for row in rows(app)].count("suspended") == 1
        room.do(lambda services: services.outbox.void(f"callback:{callback}"))


def test_of_parallel_workers_one_looks(room, app, time):
    configure(app, failure_threshold=2)
    add(room)
    opened(room, app, 2)
    time.shift(60)
    for _ in range(6):
        room.create()
    slow = threading.Event()

    class Slow(Channel):
        def send(self, call):
            self.tried.append(call)
            slow.wait(0.5)
            raise busy()[0]

    channel = Slow()
    at_once(*[lambda: calls(app, channel).drain()] * 3)
    assert len(channel.tried) == 1


@on_sqlite
def test_a_call_with_attempts_left_waits_for_the_circuit(room, app, time):
    configure(app, failure_threshold=1)
    add(room, max_attempts=50, backoff=timedelta(seconds=20))
    opened(room, app, 1)
    channel = Channel()
    worker = calls(app, channel)
    for _ in range(5):
        time.shift(32)
        worker.drain()
    assert len(channel.sent) == 1


@on_sqlite
def test_while_nobody_may_call_a_call_is_not_taken_up_again(room, app, time):
    configure(app, failure_threshold=1)
    add(room, max_attempts=50, backoff=timedelta(seconds=1))
    waits = []
    worker = calls(app, channel := Channel(*busy()), waits)
    room.create()
    worker.drain()
    time.shift(1)
    room.create()
    assert worker.drain() == 1
    assert waits == [timedelta(seconds=60), timedelta(seconds=59)]
    time.shift(58)
    assert worker.drain() == 0
    time.shift(1)
    assert worker.drain() == 2
    assert len(channel.sent) == 2
    assert [row.attempts for row in rows(app)] == [2, 2]


@on_sqlite
def test_a_call_is_never_tried_sooner_than_its_own_wait_because_nobody_may_call(room, app, time):
    configure(app, failure_threshold=1, longest_backoff=timedelta(hours=1))
    add(room, max_attempts=50, backoff=timedelta(minutes=10))
    waits = []
    room.create()
    calls(app, Channel(*busy()), waits).drain()
    assert waits == [timedelta(minutes=10)]


@on_sqlite
@pytest.mark.parametrize("never", [-1, 0])
def test_the_circuit_can_be_left_out(room, app, never):
    configure(app, failure_threshold=never)
    add(room)
    assert len(opened(room, app, 9).tried) == 9


@on_sqlite
def test_a_success_in_between_begins_the_count_anew(room, app):
    configure(app, failure_threshold=3)
    add(room)
    opened(room, app, 2)
    room.create()
    calls(app, Channel()).drain()
    assert len(opened(room, app, 2).tried) == 2
    room.create()
    assert calls(app, channel := Channel()).drain() == 1
    assert len(channel.sent) == 1


@on_sqlite
def test_a_change_of_the_callback_closes_the_circuit(room, app):
    configure(app, failure_threshold=2)
    callback = add(room)
    opened(room, app, 2)
    wish = CallbackWish(name="x", type=OPERATION, url="http://127.0.0.1/new")
    room.do(lambda services: services.callbacks.update(BANK_APP, callback, wish))
    room.create()
    channel = Channel()
    calls(app, channel).drain()
    assert [call.url for call in channel.sent] == ["http://127.0.0.1/new"]


# --- what is kept ---------------------------------------------------------------------------------


def test_what_is_done_is_forgotten_after_its_retention_and_not_before(room, app, time):  # 44
    add(room, retention=timedelta(days=20))
    add(room, retention=timedelta(hours=1), url="http://127.0.0.1/short")
    room.create()
    calls(app, Channel()).drain()

    def left():
        room.do(lambda services: services.cleaning.run(services.session.commit))
        return len(rows(app))

    assert [row.payload for row in rows(app)] == [None, None]
    assert left() == 2
    time.shift(timedelta(hours=1))
    assert left() == 1
    time.shift(timedelta(days=19, hours=22))
    assert left() == 1
    time.shift(timedelta(hours=1))
    assert left() == 0


@pytest.fixture
def flask(app):
    def run(*arguments, code=0):
        done = app.test_cli_runner().invoke(args=arguments)
        assert done.exit_code == code, done.output
        return done.output

    return run


@on_sqlite
def test_an_operator_sees_what_has_failed_and_has_it_sent_after_all(room, app, flask):
    callback = add(room, name="Shop")
    operation = room.create()
    add(room, application=OTHER_APP)
    room.create(applications=(OTHER_APP,))
    channel = Channel(*busy())
    calls(app, channel).drain()
    (failed,) = [row for row in rows(app) if row.state == "failed"]
    listed = flask("outbox", "list", "--callback", callback)
    assert failed.id in listed
    assert len(listed.strip().splitlines()) == 2
    assert flask("outbox", "list", "--kind", "callback", "--state", "failed") == listed
    shown = flask("outbox", "show", failed.id)
    for fact in ("Shop", BANK_APP, operation.id, "http_503", "failed"):
        assert fact in shown
    assert "127.0.0.1" not in shown
    assert "PENDING" not in shown
    assert "due now" in flask("outbox", "retry", failed.id)
    calls(app, channel).drain()
    assert channel.sent[-1].id == channel.tried[0].id == failed.id
    assert channel.told[-1] == said(operation, "PENDING")
    assert "nothing left" in flask("outbox", "retry", failed.id, code=1)
    assert "no such delivery" in flask("outbox", "show", "nothing", code=1)


@on_sqlite
def test_calls_are_counted_and_those_that_are_due_are_measured_apart(room, app):
    put_in(app, listeners=(hear,))
    before = written().count(b"webflow_callbacks_total")
    add(room)
    room.create()
    health = app.test_client().get("/metrics").text
    assert "webflow_callbacks_due 1.0" in health
    assert "webflow_outbox_due 0.0" in health
    calls(app, Channel()).drain()
    health = app.test_client().get("/metrics").text
    assert "webflow_callbacks_due 0.0" in health
    assert 'webflow_callbacks_total{state="delivered"}' in health
    assert before >= 0


# --- several at once ------------------------------------------------------------------------------


class Slow(Channel):
    """Takes its time for one address."""

    def __init__(self):
        super().__init__()
        self.free = threading.Event()
        self.most, self.now, self.lock = 0, 0, threading.Lock()

    def send(self, call):
        if call.url.endswith("/slow"):
            with self.lock:
                self.now += 1
                self.most = max(self.most, self.now)
            self.free.wait(10)
            with self.lock:
                self.now -= 1
        super().send(call)


def test_a_slow_receiver_holds_up_nobody_else(room, app):
    add(room, url="http://127.0.0.1/slow")
    for _ in range(8):
        room.create()
    add(room, url="http://127.0.0.1/quick")
    for _ in range(4):
        room.create()
    with serving(app) as services:
        payload = {"to": "+420777000111", "text": "x", "operation_id": "7f3c"}
        services.outbox.put("sms", "m1", payload, lifetime=timedelta(minutes=5))
        services.session.commit()
    channel, phone = Slow(), Phone()
    worker = calls(app, channel)
    worker.wake()
    assert Deliveries(parts_of(app), phone, later=lambda _w: None).drain() == 1
    try:
        assert comes(lambda: len(channel.sent) == 4)
        assert {call.url for call in channel.sent} == {"http://127.0.0.1/quick"}
        assert len(phone.sent) == 1
        channel.free.set()
        assert comes(lambda: len(channel.sent) == 16)
        assert channel.most == 2
    finally:
        channel.free.set()
        worker.stop()
    assert {row.state for row in rows(app)} == {"delivered"}


def test_what_comes_in_while_threads_work_is_taken_at_once(room, app):
    add(room)
    channel = Channel()
    worker = calls(app, channel)
    try:
        for number in range(1, 11):
            room.create()
            worker.wake()
            assert comes(lambda n=number: len(channel.sent) == n)
    finally:
        worker.stop()
    assert worker.drain() == 0


@on_sqlite
def test_the_worker_calls_over_http_what_was_asked_for(room, app, settings):
    with receiving() as receiver:
        add(
            room,
            url=receiver.url,
            signing_secret=SIGNING,
            basic=Basic(enabled=True, username="u", password="p"),
            oauth2=OAuth2(
                enabled=True, client_id="c", client_secret="s", token_uri=receiver.token_uri
            ),
        )
        operation = room.create()
        room.cancel(operation)
        with working(settings) as worker:
            worker.drain()
            assert comes(lambda: len(receiver.calls) == 2)
        assert [each["status"] for each in receiver.told] == ["PENDING", "CANCELED"]
        assert all(verified(call, SIGNING) for call in receiver.calls)
        assert {call.headers["authorization"] for call in receiver.calls} == {"Bearer token-1"}
    assert {row.state for row in rows(app)} == {"delivered"}


@on_sqlite
def test_a_receiver_in_the_house_is_refused_when_it_is_called(room, app):
    with receiving() as receiver:
        add(room, url=receiver.url)
        room.create()
        strict = Webhooks(parts_of(app).settings.callbacks, allow_private=False)
        calls(app, strict).drain()
        assert receiver.calls == []
    assert (rows(app)[0].state, rows(app)[0].error) == ("failed", "address_refused")


@on_sqlite
def test_neither_log_nor_events_tell_an_address_or_a_person(room, app, caplog):
    url = "http://127.0.0.1/hook?key=top-secret"
    add(room, url=url, attributes=("userId", "data"), signing_secret=SIGNING)
    room.create()
    room.create()
    calls(app, Channel(*busy(), RuntimeError(url))).drain()
    told = caplog.text + "".join(f"{event.name} {event.facts}" for event in room.heard)
    assert "call.failed" in told
    assert "callback.failed" in told
    for secret in ("top-secret", SIGNING, JOHNNY.user_id, "238400856"):
        assert secret not in told


@on_sqlite
def test_moments_are_those_of_the_house(room, app, time):
    add(room, attributes=("timestampCreated", "timestampFinalized"))
    room.cancel(room.create())
    channel = Channel()
    calls(app, channel).drain()
    now = int(clock.now().timestamp() * 1000)
    assert channel.told[1].endswith(f'"timestampCreated":{now},"timestampFinalized":{now}}}')
    assert JANE.user_id not in channel.told[1]
