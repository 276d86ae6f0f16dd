"""Pushes: who gets which, that each is sent once, and none of what did not happen."""

from datetime import timedelta

import pytest

from app import clock
from app.channels.base import DeliveryFailed
from app.crypto.vault import CannotOpenError
from app.deliveries import Deliveries
from app.metrics import hear, written
from app.store.outbox import OutboxRow
from app.store.registrations import PushDevice, Registration
from app.store.testers import DemoPush
from tests.support.databases import built
from tests.support.device import USER, change, now, paired
from tests.support.operations import BANK_APP, JANE, JOHNNY, OTHER_APP, Room
from tests.support.pushing import Provider, delivered, reachable
from tests.support.store import all_of, on_sqlite, parts_of, serving, writing
from tests.support.workers import working


@pytest.fixture
def phones(room, app):
    reachable(app, JOHNNY, "johnny's address", environment="development")
    reachable(app, JANE, "jane's address", platform="fcm")
    return room


def test_a_new_operation_asks_its_user_to_look(phones, app):
    operation = phones.create()
    (push,) = delivered(app)
    assert (push.platform, push.token, push.environment) == (
        "apns",
        "johnny's address",
        "development",
    )
    assert (push.title, push.is_silent) == ("Confirm Payment", False)
    assert push.text == ("Hello, please confirm payment 100 CZK to account 238400856/0300.")
    assert push.extras == {
        "messageType": "mtoken.operationInit",
        "operationId": operation.id,
        "operationName": "authorize_payment",
        "activationId": JOHNNY.registration_id,
    }
    assert delivered(app) == []
    assert phones.heard.names(operation.id) == ["operation.created", "push.delivered"]


@on_sqlite
def test_an_address_that_does_not_open_keeps_nobody_else_from_anything(phones, app, time):
    with writing(app) as session:  # its key is lost
        session.get_one(PushDevice, JOHNNY.registration_id).token_sealed = bytes(60)
    broken, other = phones.create(), phones.create(user_id=JANE.user_id)
    assert [push.token for push in delivered(app)] == ["jane's address"]
    time.shift(600)
    assert phones.expire() == 2
    assert {phones.get(each.id).status for each in (broken, other)} == {"EXPIRED"}


@on_sqlite
@pytest.mark.parametrize(
    ("language", "title"),
    [("cs", "Potvrzení platby"), ("de", "Zahlung bestätigen"), ("fr", "Confirmation du paiement")],
)
def test_a_push_speaks_the_language_of_the_operation(phones, app, language, title):
    phones.create(language=language)
    (push,) = delivered(app)
    assert push.title == title


@pytest.mark.parametrize(
    ("end", "result"),
    [
        ("approve", "authentication.success"),
        ("reject", "operation.canceled"),
        ("cancel", "operation.canceled"),
        ("fail", "authentication.fail"),
        ("expire", "operation.timeout"),
    ],
)
def test_an_end_is_told_silently(phones, app, time, end, result):
    operation = phones.create(expires_at=clock.now() + timedelta(minutes=1))
    delivered(app)
    for _ in range(5 if end == "fail" else 1):
        if end == "expire":
            time.shift(timedelta(minutes=1))
            phones.expire()
        else:
            getattr(phones, end)(operation)
    (push,) = delivered(app)
    assert push.is_silent
    assert push.extras["messageType"] == "mtoken.operationFinished"
    assert push.extras["mtokenOperationResult"] == result
    assert push.extras["operationId"] == operation.id


def test_what_is_over_asks_nobody_to_look_any_more(phones, app):
    phones.cancel(phones.create())
    assert [push.extras["messageType"] for push in delivered(app)] == ["mtoken.operationFinished"]


@on_sqlite
def test_a_push_that_comes_too_late_is_not_sent(phones, app, time):
    phones.create()
    time.shift(timedelta(minutes=5))
    assert delivered(app) == []
    (row,) = all_of(app, OutboxRow)
    assert (row.state, row.payload) == ("void", None)


@on_sqlite
@pytest.mark.parametrize(
    "wanted",
    [
        {"silent": True},
        {"user_id": None},
        {"user_id": "somebody else"},
        {"applications": (OTHER_APP,)},
        {"registration_id": JANE.registration_id},
        {"flag": "VIP"},  # of no phone of his
    ],
)
def test_nobody_else_is_pushed(phones, app, wanted):
    phones.create(**wanted)
    assert delivered(app) == []


@on_sqlite
def test_every_phone_of_the_user_is_pushed_and_no_blocked_one(phones, app):
    with writing(app) as session:
        jane = session.get(Registration, JANE.registration_id)
        jane.user_id = JOHNNY.user_id
    phones.create(applications=(BANK_APP, OTHER_APP))
    assert {push.token for push in delivered(app)} == {"johnny's address", "jane's address"}
    with writing(app) as session:
        jane = session.get(Registration, JANE.registration_id)
        jane.state, jane.blocked_reason = "BLOCKED", "LOST"
    phones.create()
    assert [push.token for push in delivered(app)] == ["johnny's address"]


@on_sqlite
def test_a_phone_with_the_flag_of_an_operation_is_pushed(phones, app):
    with writing(app) as session:
        session.get(Registration, JOHNNY.registration_id).flags = ["A", "VIP"]
    phones.create(flag="VIP")
    assert [push.token for push in delivered(app)] == ["johnny's address"]


@on_sqlite
def test_nothing_is_pushed_of_what_was_not_committed(phones, app):
    with serving(app) as services:
        services.operations.cancel(phones.create().id)
    assert [push.extras["messageType"] for push in delivered(app)] == ["mtoken.operationInit"]


@on_sqlite
def test_a_waiting_push_is_sealed(phones, app):
    phones.create()
    (row,) = all_of(app, OutboxRow)
    for secret in (b"johnny's address", b"238400856", b"Confirm"):
        assert secret not in row.payload
    with pytest.raises(CannotOpenError):
        parts_of(app).vault.open(row.payload, context="outbox.payload:another")


@on_sqlite
def test_a_provider_that_is_busy_is_asked_again_and_one_that_refuses_is_not(phones, app, time):
    operation = phones.create()
    busy = DeliveryFailed("provider_busy", temporary=True)
    assert delivered(app, Provider(busy)) == []
    time.shift(timedelta(seconds=2))
    assert len(delivered(app)) == 1
    phones.approve(operation)
    assert delivered(app, Provider(DeliveryFailed("device_unknown", temporary=False))) == []
    assert phones.heard.names(operation.id)[-1] == "push.failed"
    assert delivered(app) == []


@on_sqlite
def test_a_platform_without_a_channel_fails_and_stops_nobody(phones, app):
    phones.create()
    phones.create(user_id=JANE.user_id)
    provider = Provider()
    channels = {"fcm": provider}
    Deliveries(parts_of(app), Provider(), push=channels, later=lambda _wait: None).drain()
    assert [push.token for push in provider.sent] == ["jane's address"]
    assert sorted((row.state, row.error) for row in all_of(app, OutboxRow)) == [
        ("delivered", ""),
        ("failed", "no_channel"),
    ]


@on_sqlite
def test_no_token_and_no_word_is_shown_where_a_push_is_printed(phones, app):
    phones.create()
    (push,) = delivered(app)
    shown = repr(push)
    assert "address" not in shown
    assert "Confirm" not in shown


@on_sqlite
def test_where_nothing_is_pushed_nothing_waits(settings):
    quiet = settings.model_copy(
        update={"push": settings.push.model_copy(update={"channel": "off"})}
    )
    with built(quiet) as app:
        room = Room(app)
        reachable(app, JOHNNY, "address")
        room.approve(room.create())
        assert all_of(app, OutboxRow) == []


# --- registrations ----------------------------------------------------------------------------


def test_a_phone_hears_silently_that_its_registration_has_changed(room, app):
    phone = paired(app)
    phone.create_token()
    address = {"requestObject": {"platform": "android", "token": "new address"}}
    register = "/api/push/device/register/token"
    assert phone.post(phone.handset.with_token(register, address, now())).status_code == 200
    for act, status in (("block", "BLOCKED"), ("unblock", "ACTIVE"), ("remove", "REMOVED")):
        change(app, act, phone.id)
        (push,) = delivered(app)
        assert push.is_silent
        assert (push.platform, push.token) == ("fcm", "new address")
        assert push.extras == {
            "messageType": "activation.statusChanged",
            "activationStatus": status,
            "activationId": phone.id,
        }
    assert room.heard.names(phone.id)[-1] == "push.delivered"
    application = parts_of(app).settings.mtoken.application
    room.create(user_id=USER, applications=(application,))
    assert delivered(app) == []


# --- the demo's channel -----------------------------------------------------------------------


@pytest.fixture
def worker(app, settings):
    with working(settings) as worker:
        yield worker


def test_testers_read_what_would_have_been_pushed(phones, app, worker):
    http = app.test_client()
    assert http.get("/demo/push.json").json == []
    assert "No messages yet" in http.get("/demo/push").text
    operation = phones.create()
    worker.sweep()
    phones.approve(operation)
    worker.sweep()
    finished, created = http.get("/demo/push.json").json
    assert set(created) == {
        "registrationId", "platform", "token", "title", "text", "extras", "operationId",
        "timestamp",
    }  # fmt: skip
    assert (created["title"], created["token"]) == ("Confirm Payment", "johnny's address")
    assert created["operationId"] == finished["operationId"] == operation.id
    assert (finished["title"], finished["text"]) == ("", "")
    assert finished["extras"]["mtokenOperationResult"] == "authentication.success"
    page = http.get("/demo/push").text
    assert "Confirm Payment" in page
    assert "Silent: only the app reads it." in page
    assert "mtoken.operationFinished" in page
    assert "johnny&#39;s address" not in page


@on_sqlite
def test_a_push_that_is_delivered_twice_is_kept_once(phones, app):
    phones.create()
    (push,) = delivered(app)
    for _ in range(2):
        phones.do(lambda s: s.kept_pushes.keep(push))
    assert len(all_of(app, DemoPush)) == 1


@on_sqlite
def test_the_worker_ends_operations_whose_time_is_over(phones, app, worker, time):
    many = [phones.create() for _ in range(3)]
    time.shift(timedelta(minutes=5))
    worker.sweep()
    assert {phones.row(each).status for each in many} == {"EXPIRED"}
    worker.sweep()
    told = [row.extras["mtokenOperationResult"] for row in all_of(app, DemoPush)]
    assert told == ["operation.timeout"] * 3


@on_sqlite
def test_outside_the_demo_there_is_no_page_of_pushes(settings):
    with built(settings.model_copy(update={"profile": "production"})) as app:
        for path in ("/demo/push", "/demo/push.json"):
            assert app.test_client().get(path).status_code == 404


@on_sqlite
def test_pushes_that_testers_read_are_forgotten_the_next_day(phones, app, time):
    phones.create()
    (push,) = delivered(app)
    phones.do(lambda s: s.kept_pushes.keep(push))

    def clean():
        with serving(app) as services:
            return services.cleaning.run(services.commit)

    time.shift(timedelta(days=1) - timedelta(seconds=1))
    assert "demo_push" not in clean()
    time.shift(timedelta(seconds=1))
    assert clean()["demo_push"] == 1


@on_sqlite
def test_operations_and_pushes_are_counted(phones, app):
    phones.approve(phones.create())
    delivered(app)
    for event in phones.heard:
        hear(event)
    numbers = written().decode()
    assert 'webflow_phone_operations_total{event="approved",template="payment"}' in numbers
    assert 'webflow_pushes_total{platform="apns",state="delivered"}' in numbers
