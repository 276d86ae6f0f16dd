"""The worker: what leaves the house, and flows that nobody finished."""

import json
import subprocess
import sys
import threading
from collections import Counter
from datetime import timedelta
from threading import Event

import pytest
import time_machine
from sqlalchemy import text

from app import clock
from app.channels.base import DeliveryFailed
from app.deliveries import RETRIES, Deliveries
from app.jobs import queue, waker
from app.store.audit import AuditEntry, AuditLink
from app.store.flows import Flow
from app.store.operations import OperationRow
from app.store.outbox import OutboxRow
from app.store.testers import DemoSms
from tests.support.operations import Room
from tests.support.pages import ROOT
from tests.support.patience import LONG, comes
from tests.support.phones import Phone
from tests.support.store import (
    all_of,
    on_sqlite,
    only_one,
    parts_of,
    reading,
    serving,
    waking,
    writing,
)
from tests.support.threads import at_once
from tests.support.walker import Walker, prepared
from tests.support.workers import working

LIFETIME = timedelta(minutes=5)


class Waits(list):
    """Waits that the worker has asked for."""

    def __call__(self, wait):
        self.append(wait)


@pytest.fixture
def time():
    with time_machine.travel(clock.now().replace(microsecond=0), tick=False) as traveller:
        yield traveller


@pytest.fixture
def worker(settings):
    """The worker of the demo, as its process has it."""
    with working(settings) as worker:
        yield worker


def deliveries(app, phone, waits=None):
    return Deliveries(parts_of(app), phone, later=Waits() if waits is None else waits)


def put(app, *references):
    with serving(app) as services:
        for reference in references:
            payload = {"to": "+420777000111", "text": reference, "operation_id": "7f3c"}
            services.outbox.put("sms", reference, payload, lifetime=LIFETIME)
        services.session.commit()


def busy(code="provider_busy"):
    return DeliveryFailed(code, temporary=True)


# --- deliveries -------------------------------------------------------------------------------


def test_a_code_reaches_the_phone_of_the_customer(app):
    walker = Walker(app)
    walker.start_payment()
    walker.name()
    phone = Phone()
    assert deliveries(app, phone).drain() == 1
    (message,) = phone.sent
    (row,) = walker.messages()
    assert message.to.startswith("+420777")
    assert message.text == row.message_text
    assert message.reference == row.message_id
    assert message.operation_id == walker.flow().id
    kept = only_one(app, OutboxRow)
    assert (kept.state, kept.payload, kept.attempts) == ("delivered", None, 1)
    assert deliveries(app, phone).drain() == 0


@on_sqlite
def test_everything_that_is_due_is_delivered_the_oldest_first(app, time):
    for reference in ("m1", "m2", "m3"):
        put(app, reference)
        time.shift(1)
    phone = Phone()
    assert deliveries(app, phone).drain() == 3
    assert [message.text for message in phone.sent] == ["m1", "m2", "m3"]


def test_two_workers_deliver_each_message_once(app):
    references = [f"m{n}" for n in range(20)]
    put(app, *references)
    phone = Phone()
    tried = at_once(*[lambda: deliveries(app, phone).drain()] * 3)
    assert sum(tried) == len(references)
    assert Counter(message.text for message in phone.sent) == Counter(references)
    assert {row.state for row in all_of(app, OutboxRow)} == {"delivered"}


@on_sqlite
def test_a_delivery_that_fails_for_now_is_tried_again_after_growing_waits(app, time):
    put(app, "m1")
    phone, waits = Phone(*[busy() for _ in RETRIES]), Waits()
    worker = deliveries(app, phone, waits)
    for number, wait in enumerate(RETRIES, start=1):
        assert worker.drain() == 1
        row = only_one(app, OutboxRow)
        assert (row.state, row.attempts, row.error) == ("pending", number, "provider_busy")
        assert row.due_at == clock.now() + wait
        assert row.payload is not None
        assert worker.drain() == 0
        time.shift(wait)
    assert waits == list(RETRIES)
    assert worker.drain() == 1
    assert [message.text for message in phone.sent] == ["m1"]
    assert only_one(app, OutboxRow).state == "delivered"


@on_sqlite
def test_a_delivery_that_fails_too_often_has_failed(app, time):
    put(app, "m1")
    phone = Phone(*[busy() for _ in range(9)])
    worker = deliveries(app, phone)
    for wait in (*RETRIES, timedelta(0)):
        worker.drain()
        time.shift(wait)
    row = only_one(app, OutboxRow)
    assert (row.state, row.payload, row.error) == ("failed", None, "provider_busy")
    assert row.attempts == len(RETRIES) + 1


@on_sqlite
def test_a_refusal_is_not_repeated(app, time):
    put(app, "m1")
    waits = Waits()
    phone = Phone(DeliveryFailed("number_invalid", temporary=False))
    deliveries(app, phone, waits).drain()
    row = only_one(app, OutboxRow)
    assert (row.state, row.payload, row.error) == ("failed", None, "number_invalid")
    assert waits == []
    time.shift(3600)
    assert deliveries(app, phone).drain() == 0


@on_sqlite
def test_one_refusal_does_not_keep_the_others_waiting(app):
    put(app, "m1", "m2")
    phone = Phone(DeliveryFailed("number_invalid", temporary=False))
    assert deliveries(app, phone).drain() == 2
    assert len(phone.sent) == 1


@on_sqlite
def test_a_channel_that_breaks_does_not_keep_the_others_waiting(app, time):
    put(app, "m1", "m2", "m3")
    phone = Phone(RuntimeError("a bug of the channel"))
    try:
        deliveries(app, phone).drain()
    finally:
        assert len(phone.sent) == 2
    time.shift(120)
    deliveries(app, phone).drain()
    assert {message.text for message in phone.sent} == {"m1", "m2", "m3"}


@on_sqlite
def test_a_payload_that_cannot_be_opened_does_not_keep_the_others_waiting(app, time):
    put(app, "m1")
    with writing(app) as session:
        row = session.get(OutboxRow, only_one(app, OutboxRow).id)
        row.payload = row.payload[:-1] + bytes([row.payload[-1] ^ 1])
    time.shift(1)
    put(app, "m2")
    phone = Phone()
    deliveries(app, phone).drain()
    assert [message.text for message in phone.sent] == ["m2"]
    broken = next(row for row in all_of(app, OutboxRow) if row.reference == "m1")
    assert (broken.state, broken.payload) == ("failed", None)


@on_sqlite
def test_no_transaction_is_open_while_a_message_is_sent(app):
    class Writing(Phone):
        def send(self, message):
            put(app, "from the channel")  # waits for ever if the worker still writes
            super().send(message)

    put(app, "m1")
    with serving(app) as services:
        claimed = services.outbox.claim(hold=timedelta(0))
        services.session.commit()
        assert claimed
    phone = Writing()
    deliveries(app, phone)._one()  # noqa: SLF001 - one delivery, not those that it causes
    assert [message.text for message in phone.sent] == ["m1"]


@on_sqlite
def test_a_message_is_not_sent_once_its_code_was_replaced(app, time):
    walker = Walker(app)
    walker.start_login()
    walker.name()
    time.shift(60)
    walker.press("resend")
    phone = Phone()
    assert deliveries(app, phone).drain() == 1
    assert [message.reference for message in phone.sent] == [walker.messages()[1].message_id]


@on_sqlite
def test_a_message_that_waits_for_its_next_attempt_is_not_sent_once_its_code_was_replaced(
    app, time
):
    walker = Walker(app)
    walker.start_login()
    walker.name()
    phone = Phone(busy())
    worker = deliveries(app, phone)
    worker.drain()
    time.shift(60)
    walker.press("resend")
    worker.drain()
    time.shift(60)
    worker.drain()
    assert [message.reference for message in phone.sent] == [walker.messages()[1].message_id]


@on_sqlite
@pytest.mark.parametrize("end", ["cancel", "prove", "newer"])
def test_a_message_is_not_sent_once_its_step_is_over(app, end):
    walker = Walker(app)
    walker.start_login()
    walker.name()
    {
        "cancel": lambda: walker.press("cancel"),
        "prove": walker.prove,  # read from the table: the message has not left yet
        "newer": walker.start_login,
    }[end]()
    phone = Phone()
    assert deliveries(app, phone).drain() == 0
    assert phone.sent == []
    assert only_one(app, OutboxRow).state == "void"


@on_sqlite
def test_a_message_is_not_sent_once_its_code_has_expired(app, time):
    walker = Walker(app)
    walker.start_login()
    walker.name()
    time.shift(LIFETIME)
    phone = Phone()
    assert deliveries(app, phone).drain() == 0
    assert only_one(app, OutboxRow).payload is None


@on_sqlite
def test_a_delivery_whose_worker_died_is_taken_by_another(app, time):
    put(app, "m1")
    with serving(app) as services:
        services.outbox.claim(hold=timedelta(seconds=60))
        services.session.commit()
    phone = Phone()
    assert deliveries(app, phone).drain() == 0
    time.shift(60)
    assert deliveries(app, phone).drain() == 1
    assert len(phone.sent) == 1


class Provider(Phone):
    """A provider that knows no reference: what comes twice is sent twice."""

    repeatable = False


@on_sqlite
def test_what_a_dead_worker_may_have_sent_is_not_sent_again_but_has_visibly_failed(app, time):
    walker = Walker(app)
    walker.start_payment()
    walker.name()
    with serving(app) as services:
        services.outbox.claim(hold=timedelta(seconds=60))
        services.session.commit()
    time.shift(60)
    phone = Provider()
    deliveries(app, phone).drain()
    assert phone.sent == []
    kept = only_one(app, OutboxRow)
    assert (kept.state, kept.error, kept.payload) == ("failed", "interrupted", None)
    failed = [entry for entry in all_of(app, AuditEntry) if entry.name == "sms.failed"]
    assert [entry.subject for entry in failed] == [walker.flow().id]
    walker.press("resend")
    assert deliveries(app, phone).drain() == 1
    assert [message.reference for message in phone.sent] == [walker.messages()[-1].message_id]


@on_sqlite
@pytest.mark.parametrize(("uncertain", "sent"), [(True, 0), (False, 1)])
def test_a_message_that_may_have_arrived_is_not_sent_again(app, time, uncertain, sent):
    put(app, "m1")
    phone = Provider(DeliveryFailed("no_answer", temporary=True, uncertain=uncertain))
    deliveries(app, phone).drain()
    time.shift(60)
    deliveries(app, phone).drain()
    assert len(phone.sent) == sent


@on_sqlite
def test_a_message_on_which_a_channel_broke_is_not_sent_again(app, time):
    put(app, "m1")
    phone = Provider(RuntimeError("a bug"))
    deliveries(app, phone).drain()
    time.shift(120)
    deliveries(app, phone).drain()
    assert phone.sent == []
    assert only_one(app, OutboxRow).error == "broke"


@on_sqlite
def test_a_worker_that_died_after_a_failure_leaves_a_message_that_may_have_arrived(app, time):
    put(app, "m1")
    phone = Provider(busy())
    deliveries(app, phone).drain()
    time.shift(10)
    with serving(app) as services:
        services.outbox.claim(hold=timedelta(seconds=60))
        services.session.commit()
    time.shift(60)
    deliveries(app, phone).drain()
    assert phone.sent == []


# --- the worker process -----------------------------------------------------------------------


@on_sqlite
def test_the_demo_s_worker_keeps_messages_where_testers_read_them(app, worker, time):
    walker = Walker(app)
    walker.start_payment()
    walker.name()
    worker.sweep()
    (kept,) = all_of(app, DemoSms)
    (row,) = walker.messages()
    assert (kept.message_id, kept.text) == (row.message_id, row.message_text)
    assert kept.operation_id == walker.flow().id
    (shown,) = json.loads(walker.client.get("/demo/sms.json").text)
    assert shown["text"] == row.message_text
    walker.prove(shown["text"].split("code ")[1][:8])
    assert walker.flow().step == "APPROVAL_SCA"


@on_sqlite
def test_a_message_that_is_delivered_twice_is_kept_once(app):
    for words in ("first", "second"):
        with serving(app) as services:
            services.testers.keep(message_id="m1", recipient="x", text=words, operation_id="7f3c")
            services.commit()
    assert only_one(app, DemoSms).text == "first"


@on_sqlite
def test_the_sweep_ends_flows_whose_time_is_over(app, worker, time):
    walker = Walker(app)
    walker.start_login()
    walker.name()
    waiting = prepared(app)
    worker.sweep()
    assert walker.flow().result == "CONTINUE"
    time.shift(LIFETIME)
    worker.sweep()
    assert walker.flow().result_reason == "operation.timeout"
    with reading(app) as session:
        assert session.get(Flow, waiting).result == "FAILED"
    assert walker.messages()[0].timestamp_replaced == clock.now()


@on_sqlite
def test_a_chore_of_the_sweep_that_fails_does_not_keep_the_others_waiting(app, worker, time):
    room = Room(app)
    room.create()
    prepared(app)
    with writing(app) as session:
        session.execute(text("UPDATE flows SET form_data = '{'"))
    time.shift(LIFETIME)
    worker.sweep()
    assert only_one(app, OperationRow).status == "EXPIRED"
    assert worker._deliveries.drain() == 0  # noqa: SLF001 - it works on
    assert len(all_of(app, AuditLink)) == len(all_of(app, AuditEntry))


@on_sqlite
def test_building_a_worker_starts_nothing_before_it_runs(settings, app):
    before = set(threading.enumerate())
    with working(settings):
        assert set(threading.enumerate()) <= before  # those of other tests may end


def test_the_worker_is_woken_through_the_queue(app, settings):
    walker = Walker(app)
    walker.start_login()
    jobs = queue(settings)
    assert jobs.pending_count() == 0
    walker.name()
    assert comes(lambda: jobs.pending_count() == 1)
    jobs.storage.close()


def test_a_command_that_ends_at_once_has_woken_the_worker(settings):
    said = (
        "import sys; from app.jobs import waker; from app.settings import Settings;"
        "waker(Settings(database_url=sys.argv[1], var_dir=sys.argv[2]))()"
    )
    subprocess.run(  # noqa: S603 - ours
        (sys.executable, "-c", said, settings.database_url, str(settings.var_dir)),
        cwd=ROOT,
        check=True,
    )
    jobs = queue(settings)
    assert jobs.pending_count() == 1
    jobs.storage.close()


@on_sqlite
def test_a_queue_that_does_not_answer_fails_no_request(app, settings):
    broken = settings.model_copy(update={"database_url": "sqlite:////no/such/folder/webflow.db"})
    walker = Walker(app)
    walker.start_login()
    with waking(app, waker(broken)):
        walker.name()
    assert walker.flow().phase == "sms"
    assert only_one(app, OutboxRow).state == "pending"


def test_the_worker_follows_the_clock_of_testers_and_messages_still_leave_at_once(app, worker):
    try:
        assert app.test_client().post("/demo/clock", json={"offset": "PT10M"}).status_code == 200
        walker = Walker(app)
        walker.start_login()
        walker.name()
        clock.shift(timedelta(0))  # the worker is another process
        worker.drain()
        assert len(all_of(app, DemoSms)) == 1
    finally:
        clock.shift(timedelta(0))


@on_sqlite
def test_a_text_never_waits_for_a_provider_of_pushes(app, worker):
    begun, may_end, phone = Event(), Event(), Phone()

    class Hanging:
        def send(self, _message):
            begun.set()
            may_end.wait(20)

    worker._deliveries = Deliveries(  # noqa: SLF001 - the channels are where our house ends
        parts_of(app), phone, push=dict.fromkeys(("apns", "fcm", "hms"), Hanging()), later=Waits()
    )
    worker.begin()
    try:
        with serving(app) as services:
            payload = {
                "platform": "fcm", "token": "t", "registration_id": "r", "application_id": "demo",
                "environment": "", "extras": "{}", "title": "T", "text": "X",
            }  # fmt: skip
            services.outbox.put("push", "registration:r", payload, lifetime=LIFETIME)
            services.session.commit()
        worker.drain()
        assert begun.wait(LONG)
        put(app, "m1")
        worker.drain()
        assert [message.text for message in phone.sent] == ["m1"]
        assert not may_end.is_set()
    finally:
        may_end.set()
        worker.end()
    states = {row.kind: row.state for row in all_of(app, OutboxRow)}
    assert states == {"push": "delivered", "sms": "delivered"}
