"""Apple over real HTTP/2 and TLS: a server that looks at what Apple looks at."""

import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app import logs
from app.channels.apns import REFUSALS, ApnsPush
from app.channels.base import DeliveryFailed, DeviceGone, Push
from tests.support.push_authority import Authority

DEVICE = "ab" * 32
OPERATION = "7f3c5d1e-0000-4000-8000-000000000001"
SHOWN = Push(
    platform="apns",
    token=DEVICE,
    extras={"messageType": "mtoken.operationInit", "operationId": OPERATION},
    reference="4b110000-0000-4000-8000-000000000001",
    registration_id="r",
    application_id="bank",
    operation_id=OPERATION,
    title="Potvrzení platby",
    text="100 Kč na účet 238400856/0300",
    lifetime=timedelta(minutes=5),
)
SILENT = replace(SHOWN, title="", text="")


@pytest.fixture
def credentials(world):
    return {"bank": world.apns_credentials()}


@pytest.fixture
def channel(world, credentials, closing):
    world.apns.devices.add(DEVICE)
    world.sandbox.devices.add(DEVICE)
    return closing(ApnsPush(world.settings, credentials.get))


def failure_of(channel, message=SHOWN):
    with pytest.raises(DeliveryFailed) as caught:
        channel.send(message)
    return caught.value


def test_a_message_is_shown_at_once_with_title_text_and_sound(world, channel, time):
    channel.send(SHOWN)
    (push,) = world.apns.taken
    assert push.device == DEVICE
    assert push.payload == {
        **SHOWN.extras,
        "aps": {"alert": {"title": SHOWN.title, "body": SHOWN.text}, "sound": "default"},
    }
    told = {name: value for name, value in push.headers.items() if name.startswith("apns-")}
    assert told == {
        "apns-id": SHOWN.reference,
        "apns-topic": world.team.topic,
        "apns-push-type": "alert",
        "apns-priority": "10",
        "apns-expiration": str(1_800_000_300),
        "apns-collapse-id": OPERATION,
    }


def test_a_silent_push_wakes_the_app_and_shows_nothing(world, channel):
    channel.send(SILENT)
    (push,) = world.apns.taken
    assert push.payload == {**SHOWN.extras, "aps": {"content-available": 1}}
    assert push.headers["apns-push-type"] == "background"
    assert push.headers["apns-priority"] == "5"


def test_a_message_may_have_a_sound_of_its_own(world, channel):
    channel.send(replace(SHOWN, sound="coins.caf"))
    assert world.apns.taken[0].payload["aps"]["sound"] == "coins.caf"


def test_what_a_bank_adds_does_not_replace_what_is_shown(world, channel):
    channel.send(replace(SHOWN, extras={"aps": "x"}))
    assert world.apns.taken[0].payload["aps"]["alert"]["title"] == SHOWN.title


def test_one_connection_and_one_provider_token_serve_many_pushes(world, channel):
    for _ in range(5):
        channel.send(SHOWN)
    assert world.apns.connections == 1
    assert len({push.provider_token for push in world.apns.taken}) == 1


def test_a_connection_that_died_silently_is_not_waited_for_twice(world, credentials, closing):
    hasty = world.settings.model_copy(update={"timeout": timedelta(seconds=0.3)})
    channel = closing(ApnsPush(hasty, credentials.get))
    world.apns.devices.add(DEVICE)
    channel.send(SHOWN)
    world.apns.fall_silent()
    failure = failure_of(channel)
    assert (failure.code, failure.temporary) == ("no_answer", True)
    channel.send(SHOWN)
    assert (len(world.apns.taken), world.apns.connections) == (2, 2)


@pytest.mark.parametrize("field", ["title", "text"])
def test_words_that_cannot_be_written_are_not_tried_again(world, channel, field):
    failure = failure_of(channel, replace(SHOWN, **{field: "half a letter: \ud83d"}))
    assert (failure.code, failure.temporary) == ("message_refused", False)


def test_threads_share_the_connection_and_the_provider_token(world, channel):
    channel.send(SHOWN)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(channel.send, [SHOWN] * 40))
    assert len(world.apns.taken) == 41
    assert world.apns.connections == 1
    assert len({push.provider_token for push in world.apns.taken}) == 1


def test_a_provider_token_is_renewed_between_20_and_60_minutes(world, channel, time):
    channel.send(SHOWN)
    time.shift(timedelta(minutes=20))
    channel.send(SHOWN)
    time.shift(timedelta(minutes=39))
    channel.send(SHOWN)
    first, second, third = (push.provider_token for push in world.apns.taken)
    assert first == second != third


def test_a_provider_token_that_apple_calls_expired_is_renewed_once(world, channel, time):
    channel.send(SHOWN)
    time.shift(timedelta(seconds=1))
    world.apns.refuse_next(403, "ExpiredProviderToken")
    channel.send(SHOWN)
    first, second = (push.provider_token for push in world.apns.taken)
    assert first != second
    time.shift(timedelta(minutes=20))
    for _ in range(2):
        world.apns.refuse_next(403, "ExpiredProviderToken")
    failure = failure_of(channel)
    assert (failure.code, failure.temporary) == ("credentials_refused", False)
    assert world.apns.replies == []


def test_after_apple_has_hung_up_the_next_push_takes_a_new_connection(world, channel):
    channel.send(SHOWN)
    world.apns.hang_up()
    channel.send(SHOWN)
    assert world.apns.connections == 2


@pytest.mark.parametrize(
    ("environments", "arrives"),
    [
        (("development", "production"), "sandbox"),
        (("production", "development"), "apns"),
        (("", "development"), "sandbox"),
        (("", "production"), "apns"),
    ],
)
def test_the_environment_is_the_device_s_else_its_application_s(
    world, credentials, channel, environments, arrives
):
    of_device, of_application = environments
    credentials["bank"] = world.apns_credentials(environment=of_application)
    channel.send(replace(SHOWN, environment=of_device))
    assert len(getattr(world, arrives).taken) == 1
    assert len(world.apns.taken) + len(world.sandbox.taken) == 1


def test_variables_of_the_process_send_pushes_nowhere_else(world, channel, monkeypatch):
    for name in ("HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    channel.send(SHOWN)
    assert len(world.apns.taken) == 1


def test_a_device_that_has_gone_is_told_with_the_moment(world, channel):
    world.apns.unregistered[DEVICE] = 1_799_999_999_500
    failure = failure_of(channel)
    assert isinstance(failure, DeviceGone)
    assert failure.since == datetime.fromtimestamp(1_799_999_999.5, UTC)
    assert not failure.temporary
    assert failure.answer == "410 Unregistered"


@pytest.mark.parametrize("token", ["cd" * 32, "not hexadecimal/../x", "..", ""])
def test_a_token_that_is_none_says_that_the_device_is_gone(world, channel, token):
    failure = failure_of(channel, replace(SHOWN, token=token, environment="production"))
    assert isinstance(failure, DeviceGone)
    assert failure.since is None
    assert set(world.apns.refused) <= {"BadDeviceToken"}


def test_a_token_of_an_environment_that_we_only_assume_costs_no_device(world, channel):
    failure = failure_of(channel, replace(SHOWN, token="cd" * 32, environment=""))
    assert not isinstance(failure, DeviceGone)
    assert failure.answer == "400 BadDeviceToken"


@pytest.mark.parametrize(
    "reason", ["DeviceTokenNotForTopic", "TopicDisallowed", "InvalidProviderToken", "BadTopic"]
)
def test_a_wrong_configuration_costs_no_device(world, channel, reason):
    world.apns.refuse_next(403 if "Provider" in reason else 400, reason)
    failure = failure_of(channel)
    assert not isinstance(failure, DeviceGone)
    assert not failure.temporary
    assert failure.code == REFUSALS[reason]


@pytest.mark.parametrize("body", [{}, {"reason": 5}, {"reason": "a\nb"}, {"reason": "x" * 99}])
def test_a_page_of_some_proxy_costs_no_device(world, channel, body):
    world.apns.replies.append((410, body, {}))
    failure = failure_of(channel)
    assert not isinstance(failure, DeviceGone)
    assert (failure.code, failure.answer) == ("refused", "410")


@pytest.mark.parametrize("change", [{"key_id": "OTHER"}, {"team_id": "OTHER"}, {"topic": "other"}])
def test_credentials_of_somebody_else_are_refused(world, credentials, channel, change):
    credentials["bank"] = world.apns_credentials(**change)
    failure = failure_of(channel)
    assert not failure.temporary
    assert failure.code in ("credentials_refused", "topic_refused")


@pytest.mark.parametrize(
    ("status", "reason"),
    [(429, "TooManyRequests"), (500, "InternalServerError"), (503, "ServiceUnavailable")],
)
def test_what_passes_is_tried_again_when_apple_says_so(world, channel, status, reason):
    world.apns.refuse_next(status, reason, retry_after="17")
    failure = failure_of(channel)
    assert failure.temporary
    assert failure.retry_after == timedelta(seconds=17)
    assert failure.answer == f"{status} {reason}"


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("Fri, 15 Jan 2027 08:00:30 GMT", timedelta(seconds=30)),
        ("Fri, 15 Jan 2027 07:00:00 GMT", timedelta(0)),
        ("99999999999999999999", timedelta(hours=1)),
        ("Fri, 15 Jan 2055 07:00:00 GMT", timedelta(hours=1)),
        ("soon", None),
        ("-5", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_never_more_than_an_hour(
    world, channel, time, header, wait
):
    world.apns.refuse_next(503, "ServiceUnavailable", retry_after=header)
    assert failure_of(channel).retry_after == wait


def test_a_message_that_is_too_long_is_not_worth_another_attempt(world, channel):
    failure = failure_of(channel, replace(SHOWN, text="x" * 4096))
    assert (failure.code, failure.temporary) == ("payload_too_large", False)


def test_who_cannot_be_reached_may_be_later(world, channel):
    world.apns.close()
    failure = failure_of(channel)
    assert (failure.code, failure.temporary) == ("no_answer", True)


def test_a_server_of_another_authority_is_told_nothing(world, credentials, closing, tmp_path):
    folder = tmp_path / "other"
    folder.mkdir()
    settings = world.settings.model_copy(update={"ca_file": str(Authority(folder).file)})
    world.apns.devices.add(DEVICE)
    assert failure_of(closing(ApnsPush(settings, credentials.get))).code == "no_answer"
    assert world.apns.taken == []


def test_an_application_without_credentials_is_not_pushed_to(channel):
    failure = failure_of(channel, replace(SHOWN, application_id="other"))
    assert (failure.code, failure.temporary) == ("no_credentials", False)


def test_credentials_count_from_the_next_push_and_removed_ones_no_more(world, credentials, channel):
    usual = credentials["bank"]
    credentials["bank"] = world.apns_credentials(topic="other")
    assert failure_of(channel).code == "topic_refused"
    credentials["bank"] = usual
    channel.send(SHOWN)
    del credentials["bank"]
    assert failure_of(channel).code == "no_credentials"


def test_no_library_logs_a_device_a_word_or_a_provider_token(world, channel, caplog):
    logs.configure("DEBUG")
    try:
        caplog.set_level("DEBUG")
        channel.send(SHOWN)
    finally:
        logs.configure("WARNING")
    for secret in (DEVICE, SHOWN.text, world.apns.taken[0].provider_token):
        assert secret not in caplog.text


def test_no_word_token_or_key_is_in_a_failure(world, channel):
    world.apns.replies.append((400, {"reason": f"{DEVICE} {SHOWN.text}"}, {}))
    failure = failure_of(channel)
    told = "".join(traceback.format_exception(failure)) + repr(failure) + failure.answer
    key = world.team.file.decode().splitlines()[1]
    for secret in (DEVICE, SHOWN.text, key):
        assert secret not in told
        assert secret not in repr(world.apns_credentials())
