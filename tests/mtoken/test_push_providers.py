"""Pushes from the change to the provider: by the worker, over TLS, to servers that judge them."""

import json
from datetime import timedelta

import pytest

from app import clock
from app.channels.base import DeviceGone
from app.store.audit import AuditEntry
from app.store.outbox import OutboxRow
from app.store.registrations import PushDevice
from tests.support.operations import BANK_APP, JANE, JOHNNY
from tests.support.push_providers import fcm_error
from tests.support.pushing import Provider, delivered, reachable
from tests.support.store import all_of, on_sqlite
from tests.support.workers import working

APPLE, GOOGLE, HUAWEI = "ab" * 32, "google:token", "huawei-token"
TOKENS = {"apns": APPLE, "fcm": GOOGLE, "hms": HUAWEI}


@pytest.fixture
def world(push_world):
    push_world.apns.devices.add(APPLE)
    push_world.fcm.devices.add(GOOGLE)
    push_world.hms.devices.add(HUAWEI)
    return push_world


@pytest.fixture
def phones(room, world):
    """A bank whose application all three providers know."""

    def put(services):
        kept = services.mtoken.push_credentials
        team, hms = world.team, world.hms
        kept.set_apns(
            BANK_APP,
            topic=team.topic,
            key_id=team.key_id,
            team_id=team.team_id,
            environment="PRODUCTION",
            key=team.file,
        )
        kept.set_fcm(BANK_APP, file=world.fcm.file)
        kept.set_hms(
            BANK_APP,
            project_id="4711",
            app_id=hms.app_id,
            client_id=hms.client_id,
            secret=hms.secret,
        )

    room.do(put)
    room.heard.clear()
    return room


@pytest.fixture
def worker(app, settings, world):
    with working(settings.model_copy(update={"push": world.settings})) as worker:
        yield worker


def outbox(app):
    return [(row.state, row.error, row.payload) for row in all_of(app, OutboxRow)]


@pytest.mark.parametrize("platform", TOKENS)
def test_a_push_goes_to_the_provider_of_the_phone(phones, app, world, worker, platform):
    reachable(app, JOHNNY, TOKENS[platform], platform)
    operation = phones.create()
    worker.drain()
    taken = {"apns": world.apns.taken, "fcm": world.fcm.taken, "hms": world.hms.taken}
    assert {name: len(found) for name, found in taken.items()} == {
        name: int(name == platform) for name in TOKENS
    }
    assert outbox(app) == [("delivered", "", None)]
    assert phones.heard.names(operation.id)[-1] == "operation.created"
    told = [e for e in all_of(app, AuditEntry) if e.name == "push.delivered"]
    assert [entry.facts["platform"] for entry in told] == [platform]


@pytest.mark.parametrize("platform", TOKENS)
def test_a_device_that_has_gone_is_forgotten(phones, app, world, worker, platform):
    reachable(app, JOHNNY, TOKENS[platform], platform)
    reachable(app, JANE, "jane's", "fcm")
    world.apns.unregistered[APPLE] = int(clock.now().timestamp() * 1000) + 60_000
    world.fcm.gone.add(GOOGLE)
    world.hms.devices.clear()
    phones.create()
    worker.drain()
    assert outbox(app) == [("failed", "device_gone", None)]
    assert [row.registration_id for row in all_of(app, PushDevice)] == [JANE.registration_id]
    events = [(entry.name, entry.subject) for entry in all_of(app, AuditEntry)]
    assert ("registration.push.removed", JOHNNY.registration_id) in events
    phones.create()
    assert len(all_of(app, OutboxRow)) == 1


def test_a_phone_that_came_back_after_apple_lost_it_is_kept(phones, app, world, worker, time):
    world.apns.unregistered[APPLE] = int(clock.now().timestamp() * 1000)
    time.shift(timedelta(seconds=1))
    reachable(app, JOHNNY, APPLE)
    phones.create()
    worker.drain()
    assert outbox(app) == [("failed", "device_gone", None)]
    assert len(all_of(app, PushDevice)) == 1


@pytest.mark.parametrize(("token", "found_out"), [("the same", None), ("a new one", 60)])
def test_a_phone_that_registers_while_it_is_pushed_is_kept(phones, time, token, found_out):
    """It may have told its environment, which was wrong before."""

    app = phones.app
    since = found_out and clock.now() + timedelta(seconds=found_out)

    class Slow(Provider):
        def send(self, message):
            time.shift(timedelta(seconds=1))
            reachable(app, JOHNNY, token, environment="development")
            raise DeviceGone("410 Unregistered", since=since)

    reachable(app, JOHNNY, "the same")
    phones.create()
    delivered(app, Slow())
    assert outbox(app) == [("failed", "device_gone", None)]
    (device,) = all_of(app, PushDevice)
    assert device.environment == "development"


@on_sqlite
@pytest.mark.parametrize("platform", TOKENS)
def test_a_busy_provider_is_left_alone_for_as_long_as_it_asks(
    phones, world, worker, time, platform
):
    app = phones.app
    reachable(app, JOHNNY, TOKENS[platform], platform)
    phones.create()
    world.apns.refuse_next(503, "ServiceUnavailable", retry_after="17")
    world.fcm.refuse_next(503, "UNAVAILABLE", Retry_After="17")
    world.hms.refuse_next("81000001", Retry_After="17")
    worker.drain()
    (row,) = all_of(app, OutboxRow)
    assert (row.state, row.error) == ("pending", "provider_busy")
    assert row.due_at == clock.now() + timedelta(seconds=17)
    assert row.payload is not None
    time.shift(timedelta(seconds=17))
    worker.drain()
    assert outbox(app) == [("delivered", "", None)]


@on_sqlite
def test_a_provider_that_stays_busy_is_given_up(phones, app, world, worker, time):
    reachable(app, JOHNNY, GOOGLE, "fcm")
    operation = phones.create()
    world.fcm.replies += [fcm_error(503, "UNAVAILABLE", "Later.")] * 9
    for _ in range(9):
        worker.drain()
        time.shift(timedelta(seconds=30))
    assert outbox(app) == [("failed", "provider_busy", None)]
    assert len(world.fcm.replies) == 9 - 5
    events = [e.name for e in all_of(app, AuditEntry) if e.subject == operation.id]
    assert events.count("push.failed") == 1


@on_sqlite
def test_a_provider_keeps_a_push_no_longer_than_the_operation_lives(
    phones, app, world, worker, time
):
    reachable(app, JOHNNY, APPLE)
    phones.create(expires_at=clock.now() + timedelta(seconds=90))
    time.shift(timedelta(seconds=30))
    worker.drain()
    end = int((clock.now() + timedelta(seconds=60)).timestamp())
    assert world.apns.taken[0].headers["apns-expiration"] == str(end)


@on_sqlite
@pytest.mark.parametrize("platform", TOKENS)
def test_words_are_of_the_operation_s_language_and_its_end_is_silent(
    phones, app, world, worker, platform
):
    reachable(app, JOHNNY, TOKENS[platform], platform)
    operation = phones.create(language="cs")
    worker.drain()
    phones.approve(operation)
    worker.drain()
    taken = {
        "apns": [push.payload for push in world.apns.taken],
        "fcm": world.fcm.taken,
        "hms": world.hms.taken,
    }[platform]
    shown, silent = (json.dumps(each, ensure_ascii=False) for each in taken)
    assert "Potvrzení platby" in shown
    assert "Potvrzení" not in silent
    assert "title" not in silent
    assert "authentication.success" in silent


@on_sqlite
def test_an_application_without_credentials_fails_and_stops_nobody(phones, app, world, worker):
    phones.do(lambda s: s.mtoken.push_credentials.remove(BANK_APP, "apns"))
    reachable(app, JOHNNY, APPLE)
    reachable(app, JANE, GOOGLE, "fcm")
    phones.create()
    phones.create(user_id=JANE.user_id)
    worker.drain()
    assert sorted(outbox(app), key=str) == [
        ("delivered", "", None),
        ("failed", "no_credentials", None),
    ]
    assert len(all_of(app, PushDevice)) == 2


@on_sqlite
def test_credentials_are_read_anew_for_each_push(phones, app, world, worker):
    reachable(app, JOHNNY, HUAWEI, "hms")
    facts = {"project_id": "1", "app_id": world.hms.app_id, "client_id": world.hms.client_id}

    def put(secret):
        phones.do(lambda s: s.mtoken.push_credentials.set_hms(BANK_APP, **facts, secret=secret))
        phones.create()
        worker.drain()

    put("wrong")
    put(world.hms.secret)
    assert [row[:2] for row in sorted(outbox(app))] == [
        ("delivered", ""),
        ("failed", "credentials_refused"),
    ]


@on_sqlite
def test_no_token_word_or_key_is_logged_told_or_kept(phones, app, world, worker, caplog):
    caplog.set_level("DEBUG")
    for platform, token in TOKENS.items():
        reachable(app, JOHNNY, token, platform)
        phones.create()
        worker.drain()
    world.apns.devices.clear()
    world.fcm.gone.add(GOOGLE)
    world.hms.devices.clear()
    for platform, token in TOKENS.items():
        reachable(app, JOHNNY, token, platform)
        phones.create()
        worker.drain()
    assert [state for state, *_ in outbox(app)].count("failed") == 3
    entries = [(e.name, e.subject, e.facts) for e in all_of(app, AuditEntry)]
    told = caplog.text + repr(entries) + repr(outbox(app))
    assert "device_gone" in told
    access = [*world.fcm.tokens, *world.hms.tokens, world.apns.taken[0].provider_token]
    key = world.team.file.decode().splitlines()[1]
    for secret in (*TOKENS.values(), *access, world.hms.secret, key, "238400856"):
        assert secret not in told
