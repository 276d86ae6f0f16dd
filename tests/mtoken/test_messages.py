"""A bank's own messages: to one person's active phones, shown or silent."""

from datetime import timedelta

import pytest

from app.errors import InvalidMessage, RegistrationNotFound
from app.store.outbox import OutboxRow
from app.store.registrations import PushDevice, Registration
from tests.support.databases import built
from tests.support.device import USER, change, paired
from tests.support.operations import BANK_APP, JANE, JOHNNY, OTHER_APP, Room
from tests.support.pushing import delivered, reachable
from tests.support.store import all_of, on_sqlite, writing


@pytest.fixture
def phones(room, app):
    reachable(app, JOHNNY, "johnny's address")
    reachable(app, JANE, "jane's address", platform="fcm")
    return room


def send(room, user_id=JOHNNY.user_id, **message):
    return room.do(lambda s: s.mtoken.messages.send(user_id, **message))


def test_a_message_is_shown_to_its_person_alone(phones, app):
    assert send(phones, title="Balance", text="You have 5 CZK.", sound="coins", extras={"a": "b"})
    (push,) = delivered(app)
    assert (push.token, push.title, push.text) == ("johnny's address", "Balance", "You have 5 CZK.")
    assert (push.sound, push.is_silent) == ("coins", False)
    assert push.extras == {"a": "b", "activationId": JOHNNY.registration_id}
    assert timedelta(hours=23) < push.lifetime <= timedelta(days=1)
    assert phones.heard.names(JOHNNY.registration_id) == ["push.delivered"]


@on_sqlite
def test_a_silent_message_shows_nothing_whatever_its_words(phones, app):
    assert send(phones, silent=True, title="Balance", text="5 CZK", sound="x", extras={"a": "b"})
    (push,) = delivered(app)
    assert push.is_silent
    assert (push.title, push.text, push.sound) == ("", "", "")
    assert push.extras["a"] == "b"


@on_sqlite
def test_extras_are_text_for_every_provider(phones, app):
    send(phones, title="x", extras={"n": 5, "b": True, "o": {"k": [1]}, "z": None, "t": "5"})
    (push,) = delivered(app)
    del push.extras["activationId"]
    assert push.extras == {"n": "5", "b": "true", "o": '{"k": [1]}', "t": "5"}


@on_sqlite
@pytest.mark.parametrize("title", ["", "  ", "\n"])
def test_a_message_that_is_shown_has_a_title(phones, app, title):
    with pytest.raises(InvalidMessage):
        send(phones, title=title, text="text")
    assert all_of(app, OutboxRow) == []


@on_sqlite
def test_a_phone_of_somebody_else_does_not_exist(phones, app):
    for other in (JANE.registration_id, "nothing"):
        with pytest.raises(RegistrationNotFound):
            send(phones, title="x", registration_id=other)
    assert all_of(app, OutboxRow) == []


@on_sqlite
def test_a_message_may_be_for_one_phone_or_application(phones, app):
    with writing(app) as session:
        jane = session.get(Registration, JANE.registration_id)
        jane.user_id, jane.application_id = JOHNNY.user_id, OTHER_APP
    assert send(phones, title="x") == 2
    assert send(phones, title="x", registration_id=JANE.registration_id) == 1
    assert send(phones, title="x", applications=[BANK_APP]) == 1
    assert send(phones, title="x", applications=[]) == 0


@on_sqlite
def test_a_phone_of_another_application_does_not_exist(phones, app):
    for applications in ([OTHER_APP], []):
        with pytest.raises(RegistrationNotFound):
            send(phones, title="x", applications=applications,
                 registration_id=JOHNNY.registration_id)  # fmt: skip
    assert all_of(app, OutboxRow) == []


@on_sqlite
def test_a_phone_that_is_not_active_gets_no_message(phones, app):
    with writing(app) as session:
        johnny = session.get(Registration, JOHNNY.registration_id)
        johnny.state, johnny.blocked_reason = "BLOCKED", "LOST"
    assert send(phones, title="x") == 0
    assert send(phones, title="x", registration_id=JOHNNY.registration_id) == 0
    assert delivered(app) == []


@pytest.mark.parametrize("what", ["message", "operation"])
@pytest.mark.parametrize("act", ["block", "remove"])
def test_what_waits_is_not_sent_to_a_phone_that_was_lost_meanwhile(room, app, act, what):
    phone = paired(app)
    application = app.extensions["webflow"].settings.mtoken.application
    handset = JOHNNY.__class__(phone.id, USER, application)
    reachable(app, handset, "address")
    if what == "message":
        assert send(room, USER, title="Balance") == 1
    else:
        room.create(user_id=USER, applications=(application,))
    change(app, act, phone.id)
    assert [push.extras.get("activationStatus") for push in delivered(app)] == [
        {"block": "BLOCKED", "remove": "REMOVED"}[act]
    ]
    (waited,) = [row for row in all_of(app, OutboxRow) if row.state != "delivered"]
    assert (waited.state, waited.payload, waited.error) == ("void", None, "not_active")


def test_what_waits_is_not_sent_to_an_address_that_is_another_s_by_now(phones, app):
    send(phones, title="Balance")
    phones.create()
    with writing(app) as session:  # Jane has the phone now, and told its address
        for each in (JOHNNY, JANE):
            session.delete(session.get_one(PushDevice, each.registration_id))
    reachable(app, JANE, "johnny's address")
    send(phones, JANE.user_id, title="Hello")
    assert [push.title for push in delivered(app)] == ["Hello"]


@on_sqlite
def test_where_nothing_is_pushed_no_message_waits(settings):
    quiet = settings.push.model_copy(update={"channel": "off"})
    with built(settings.model_copy(update={"push": quiet})) as app:
        room = Room(app)
        reachable(app, JOHNNY, "address")
        assert send(room, title="x") == 0
        assert all_of(app, OutboxRow) == []
