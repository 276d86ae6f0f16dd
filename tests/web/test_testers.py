"""The testers' pages of the demo."""

import re
from datetime import datetime, timedelta

import pytest
import time_machine

from app import clock
from app.bank.demo import DemoBank
from app.channels.demo import DemoSms
from app.deliveries import Deliveries
from tests.support.databases import built
from tests.support.nevis import Nevis
from tests.support.nevis_texts import NUMBER, begin, verify
from tests.support.store import census, on_sqlite, parts_of, put_in, serving
from tests.support.walker import Walker


@pytest.fixture
def time():
    with time_machine.travel(clock.now().replace(microsecond=0), tick=False) as traveller:
        yield traveller


def deliver(app):
    """Do what the demo's worker does."""

    def keep(message):
        with serving(app) as services:
            services.testers.keep(
                message_id=message.reference,
                recipient=message.to,
                text=message.text,
                operation_id=message.operation_id,
            )
            services.commit()

    Deliveries(parts_of(app), DemoSms(keep), later=print).drain()


def outbox(app):
    return app.test_client().get("/demo/sms.json").json


@on_sqlite
def test_the_outbox_begins_empty(app):
    assert outbox(app) == []
    assert "No messages yet" in app.test_client().get("/demo/sms").text


def test_a_message_is_shown_with_number_text_operation_and_time(app, time):
    walker = Walker(app)
    walker.start_payment()
    walker.name()
    assert outbox(app) == []  # nothing is shown that has not left
    time.shift(1)
    deliver(app)
    (message,) = outbox(app)
    assert set(message) == {"to", "text", "operationId", "timestamp"}
    assert message["to"].startswith("+420777")
    assert message["text"] == walker.messages()[0].message_text
    assert message["operationId"] == walker.flow().id
    assert datetime.fromisoformat(message["timestamp"]) == clock.now()
    assert message["timestamp"].endswith("+00:00")


def test_the_newest_message_comes_first(app, time):
    walker = Walker(app)
    walker.start_payment()
    walker.name()
    deliver(app)
    time.shift(60)
    walker.press("resend")
    deliver(app)
    time.shift(1)
    walker.prove()
    walker.choose()
    deliver(app)
    texts = [message["text"] for message in outbox(app)]
    assert texts == [message.message_text for message in reversed(walker.messages())]


@on_sqlite
def test_the_page_tells_which_code_works(app, time):
    walker = Walker(app)
    walker.start_login()
    walker.name()
    deliver(app)
    shown = app.test_client().get("/demo/sms").text
    assert walker.code() in shown
    assert "Works until" in shown
    time.shift(60)
    walker.press("resend")
    deliver(app)
    shown = app.test_client().get("/demo/sms").text
    assert shown.index("Works until") < shown.index("Replaced by a newer one")
    time.shift(timedelta(minutes=4))
    walker.prove()
    assert "Used" in app.test_client().get("/demo/sms").text
    other = Walker(app)
    other.start_login()
    other.name()
    deliver(app)
    time.shift(timedelta(minutes=5))
    assert "Expired" in app.test_client().get("/demo/sms").text


def test_messages_of_the_second_facade_are_there_too(app, time):
    nevis = Nevis(app)
    user = begin(nevis)
    deliver(app)
    (message,) = outbox(app)
    assert message["to"] == NUMBER
    assert message["operationId"] == user["enrollment"]["transactionId"]
    assert "Works until" in app.test_client().get("/demo/sms").text
    code = re.search(r"\d{8}", message["text"]).group()
    verify(nevis, user["userId"], code, user["enrollment"]["statusToken"])
    assert "Used" in app.test_client().get("/demo/sms").text


@on_sqlite
def test_a_message_of_the_second_facade_that_ran_out_is_expired(app, time):
    begin(Nevis(app))
    deliver(app)
    time.shift(timedelta(minutes=10))
    assert "Expired" in app.test_client().get("/demo/sms").text


@on_sqlite
def test_looking_changes_nothing(app):
    walker = Walker(app)
    walker.start_login()
    walker.name()
    deliver(app)
    before = census(app)
    for path in ("/demo/", "/demo/sms", "/demo/sms.json"):
        answer = app.test_client().get(path)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"
    assert census(app) == before


@on_sqlite
def test_what_others_wrote_is_escaped_in_the_outbox(app):
    evil = "<img src=x onerror=alert(1)>"
    walker = Walker(app)
    walker.start_payment(operationData=f"A1*A100CZK*Q{evil}")
    walker.log_in()
    walker.choose()
    deliver(app)
    shown = app.test_client().get("/demo/sms").text
    assert evil not in shown
    assert "&lt;img src=x onerror=alert(1)&gt;" in shown


@on_sqlite
def test_outside_the_demo_there_are_no_testers_pages(settings):
    with built(settings.model_copy(update={"profile": "production"})) as app:
        for path in ("/demo/", "/demo/sms", "/demo/sms.json", "/demo/clock"):
            assert app.test_client().get(path).status_code == 404
            assert app.test_client().post(path).status_code in (400, 404)


@on_sqlite
def test_outside_the_demo_no_code_can_be_read_anywhere(settings):
    class Bank(DemoBank):
        """Stands for a bank that is not the demo's."""

    with built(settings.model_copy(update={"profile": "production"})) as app:
        put_in(app, bank=Bank("Some Bank"))
        walker = Walker(app)
        walker.start_login()
        walker.name()
        (row,) = walker.messages()
        assert (row.authorization_code, row.salt, row.message_text) == ("", b"", "")


@pytest.fixture
def moved(app):
    """Moves the testers' clock, and puts it back."""

    def move(offset, **more):
        return app.test_client().post("/demo/clock", json={"offset": offset}, **more)

    yield move
    clock.shift(timedelta(0))


@on_sqlite
def test_testers_move_the_clock_and_flows_end(app, moved):
    walker = Walker(app)
    walker.start_login()
    walker.name()
    before = clock.now()
    answer = moved("PT5M")
    assert answer.status_code == 200
    assert answer.json["offset"] == 300
    assert clock.now() - before >= timedelta(minutes=5)
    assert "The request timed out" in walker.reload().text
    assert moved("PT0S").json["offset"] == 0
    assert "Password" in walker.reload().text


@on_sqlite
@pytest.mark.parametrize(
    "offset", ["", "x", None, {}, [], "P100Y", "-P100Y", "5 minutes ago", 10**400, "\x00"]
)
def test_a_clock_that_cannot_be_moved_like_this_stays(app, moved, offset):
    before = clock.now()
    answer = moved(offset)
    assert answer.status_code == 400
    assert clock.now() - before < timedelta(minutes=1)


@on_sqlite
def test_the_clock_tells_programs_by_how_much_it_is_moved(app, moved):
    client = app.test_client()
    assert client.get("/demo/clock").json["offset"] == 0
    moved("PT5M")
    told = client.get("/demo/clock").json
    assert told["offset"] == 300
    assert abs(datetime.fromisoformat(told["now"]) - clock.now()) < timedelta(seconds=5)


def test_a_form_of_another_site_does_not_move_the_clock(app, moved):
    client = app.test_client()
    assert client.post("/demo/clock", data={"offset": "PT5M"}).status_code == 400
    assert moved("PT5M", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    body = '{"offset": "PT5M"}'
    assert client.post("/demo/clock", data=body, content_type="text/plain").status_code == 400
    assert (
        client.post("/demo/clock", data=b"[1]", content_type="application/json").status_code == 400
    )
