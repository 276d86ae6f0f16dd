"""Huawei over real TLS: a server that looks at what Push Kit looks at."""

import json
import traceback
from dataclasses import replace
from datetime import timedelta

import pytest

from app.channels.base import DeliveryFailed, DeviceGone, Push
from app.channels.hms import BUSY, REFUSALS, TOKEN_REFUSED, HmsPush

DEVICE = "IQAAAACy0ExampleExampleExample"
OPERATION = "7f3c5d1e-0000-4000-8000-000000000001"
SHOWN = Push(
    platform="hms",
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
    return {"bank": world.hms_credentials()}


@pytest.fixture
def channel(world, credentials, closing):
    world.hms.devices.add(DEVICE)
    return closing(HmsPush(world.settings, credentials.get))


def failure_of(channel, message=SHOWN):
    with pytest.raises(DeliveryFailed) as caught:
        channel.send(message)
    return caught.value


def test_a_message_is_shown_and_starts_the_app(world, channel):
    channel.send(SHOWN)
    (message,) = world.hms.taken
    assert json.loads(message.pop("data")) == SHOWN.extras
    assert message == {
        "token": [DEVICE],
        "android": {
            "ttl": "300s",
            "notification": {
                "title": SHOWN.title,
                "body": SHOWN.text,
                "click_action": {"type": 3},
                "tag": OPERATION,
                "default_sound": True,
            },
        },
    }


@pytest.mark.parametrize(
    ("sound", "heard"),
    [("default", {"default_sound": True}), ("/raw/coins", {"sound": "/raw/coins"})],
)
def test_the_usual_sound_is_no_file_of_the_app(world, channel, sound, heard):  # seed 001
    channel.send(replace(SHOWN, sound=sound))
    notification = world.hms.taken[0]["android"]["notification"]
    assert {"sound", "default_sound"} & set(notification) == set(heard)
    assert notification | heard == notification


def test_a_silent_push_is_data_alone(world, channel):
    channel.send(SILENT)
    (message,) = world.hms.taken
    assert json.loads(message["data"]) == SHOWN.extras
    assert message["android"] == {"ttl": "300s", "urgency": "NORMAL"}


def test_one_access_token_serves_many_pushes_until_it_ages(world, channel, time):
    for _ in range(3):
        channel.send(SHOWN)
    assert world.hms.token_requests == 1
    time.shift(timedelta(seconds=3600 - 59))
    channel.send(SHOWN)
    assert world.hms.token_requests == 2


@pytest.mark.parametrize("code", sorted(TOKEN_REFUSED))
def test_an_access_token_that_is_refused_is_renewed_once(world, channel, code):
    channel.send(SHOWN)
    world.hms.refuse_next(code)
    channel.send(SHOWN)
    assert (world.hms.token_requests, len(world.hms.taken)) == (2, 2)
    world.hms.refuse_next(code)
    world.hms.refuse_next(code)
    failure = failure_of(channel)
    assert (failure.code, failure.temporary) == ("credentials_refused", False)
    assert world.hms.token_requests == 3


def test_an_access_token_that_is_refused_by_status_is_renewed_once(world, channel):
    channel.send(SHOWN)
    world.hms.replies.append((401, {}, {}))
    channel.send(SHOWN)
    world.hms.replies += [(401, {}, {}), (401, {}, {})]
    failure = failure_of(channel)
    assert (failure.code, failure.temporary) == ("credentials_refused", False)


def test_a_device_that_has_gone_is_told(channel):
    failure = failure_of(channel, replace(SHOWN, token="another"))
    assert isinstance(failure, DeviceGone)
    assert failure.answer == "200 80300007"


@pytest.mark.parametrize("code", [*sorted(set(REFUSALS) - TOKEN_REFUSED), "80999999"])
def test_every_other_code_is_a_refusal_whatever_the_status(world, channel, code):
    world.hms.refuse_next(code)
    failure = failure_of(channel)
    assert not isinstance(failure, DeviceGone)
    assert (failure.code, failure.temporary) == (REFUSALS.get(code, "refused"), False)


@pytest.mark.parametrize("code", sorted(BUSY))
def test_what_passes_is_tried_again(world, channel, code):
    world.hms.refuse_next(code, Retry_After="9")
    failure = failure_of(channel)
    assert (failure.code, failure.temporary) == ("provider_busy", True)
    assert failure.retry_after == timedelta(seconds=9)


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_busy_server_is_asked_again(world, channel, status):
    world.hms.replies.append((status, {}, {"Retry-After": "9"}))
    failure = failure_of(channel)
    assert (failure.temporary, failure.retry_after) == (True, timedelta(seconds=9))


@pytest.mark.parametrize("body", [{}, {"code": ["80000000"]}, {"code": "800000000"}])
def test_only_the_code_of_success_is_a_success(world, channel, body):
    world.hms.replies.append((200, body, {}))
    failure = failure_of(channel)
    assert (failure.code, failure.temporary) == ("not_understood", True)


def test_success_under_a_failing_status_is_none(world, channel):
    world.hms.replies.append((500, {"code": "80000000"}, {}))
    assert failure_of(channel).temporary


def test_a_client_that_huawei_does_not_know_is_refused(world, credentials, channel):
    credentials["bank"] = world.hms_credentials(secret="another")
    failure = failure_of(channel)
    assert (failure.code, failure.temporary) == ("credentials_refused", False)
    assert failure.answer == "400 token"


def test_a_message_that_is_too_long_is_not_worth_another_attempt(channel):
    failure = failure_of(channel, replace(SHOWN, text="x" * 4096))
    assert (failure.code, failure.temporary) == ("payload_too_large", False)


def test_no_word_token_or_secret_is_in_a_failure(world, channel):
    failure = failure_of(channel, replace(SHOWN, token="another"))
    told = "".join(traceback.format_exception(failure)) + repr(failure) + failure.answer
    (token,) = world.hms.tokens
    for secret in ("another", SHOWN.text, token, world.hms.secret):
        assert secret not in told
        assert secret not in repr(world.hms_credentials())
