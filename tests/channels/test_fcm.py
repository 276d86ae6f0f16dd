"""Google over real TLS: a server that looks at what Firebase Cloud Messaging looks at."""

import traceback
from dataclasses import replace
from datetime import timedelta

import pytest

from app.channels.base import DeliveryFailed, DeviceGone, Push
from app.channels.fcm import REFUSALS, FcmPush
from tests.support.push_providers import fcm_error

DEVICE = "dGhpcyBpcyBhIHRva2Vu:APA91bExampleExampleExample"
OPERATION = "7f3c5d1e-0000-4000-8000-000000000001"
SHOWN = Push(
    platform="fcm",
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
    return {"bank": world.fcm_credentials()}


@pytest.fixture
def channel(world, credentials, closing):
    world.fcm.devices.add(DEVICE)
    return closing(FcmPush(world.settings, credentials.get))


def failure_of(channel, message=SHOWN):
    with pytest.raises(DeliveryFailed) as caught:
        channel.send(message)
    return caught.value


def test_a_message_is_shown_with_title_text_and_data(world, channel):
    channel.send(SHOWN)
    assert world.fcm.taken == [
        {
            "token": DEVICE,
            "data": SHOWN.extras,
            "android": {
                "priority": "HIGH",
                "ttl": "300s",
                "notification": {
                    "title": SHOWN.title,
                    "body": SHOWN.text,
                    "sound": "default",
                    "tag": OPERATION,
                },
            },
        }
    ]


def test_a_silent_push_is_data_alone(world, channel):
    channel.send(SILENT)
    assert world.fcm.taken == [
        {
            "token": DEVICE,
            "data": SHOWN.extras,
            "android": {"priority": "NORMAL", "ttl": "300s"},
        }
    ]


@pytest.mark.parametrize(("lifetime", "ttl"), [(-1, "0s"), (0.5, "0s"), (9e6, "2419200s")])
def test_google_keeps_a_message_no_longer_than_it_may(world, channel, lifetime, ttl):
    channel.send(replace(SHOWN, lifetime=timedelta(seconds=lifetime)))
    assert world.fcm.taken[0]["android"]["ttl"] == ttl


def test_one_access_token_serves_many_pushes_until_it_ages(world, channel, time):
    for _ in range(3):
        channel.send(SHOWN)
    assert world.fcm.token_requests == 1
    time.shift(timedelta(seconds=3600 - 59))
    channel.send(SHOWN)
    assert world.fcm.token_requests == 2


def test_an_access_token_that_is_refused_is_renewed_once(world, channel):
    channel.send(SHOWN)
    world.fcm.forget_tokens()
    channel.send(SHOWN)
    assert world.fcm.token_requests == 2
    for _ in range(2):
        world.fcm.replies.append(world.fcm.refuse_token())
    failure = failure_of(channel)
    assert (failure.code, failure.temporary) == ("credentials_refused", False)
    assert world.fcm.token_requests == 3


@pytest.mark.parametrize(
    "error",
    [
        fcm_error(404, "UNREGISTERED", "Requested entity was not found."),
        fcm_error(400, "INVALID_ARGUMENT", "Request is wrong.", field="message.token"),
        fcm_error(400, "INVALID_ARGUMENT", "The registration token is not a valid FCM …"),
    ],
)
def test_a_device_that_has_gone_is_told(world, channel, error):
    world.fcm.replies.append(error)
    failure = failure_of(channel)
    assert isinstance(failure, DeviceGone)
    assert failure.since is None


@pytest.mark.parametrize(
    "error",
    [
        fcm_error(400, "INVALID_ARGUMENT", "Request is wrong.", field="message.android.ttl"),
        fcm_error(400, "INVALID_ARGUMENT", "A registration token …", field="message.data"),
        fcm_error(400, "INVALID_ARGUMENT", "Message is too big."),
        fcm_error(403, "SENDER_ID_MISMATCH", "SenderId mismatch"),
        fcm_error(401, "THIRD_PARTY_AUTH_ERROR", "Auth error from APNS"),
        (403, {"error": {"status": "PERMISSION_DENIED", "message": "No."}}, {}),
        (404, {"error": {"status": "NOT_FOUND", "message": "No such project."}}, {}),
        (404, {}, {}),
        (307, {}, {"Location": "https://elsewhere.example/"}),
        (418, {"error": "x", "details": 5}, {}),
        (418, {"error": {"details": [5, {"fieldViolations": [5]}], "status": "A B"}}, {}),
    ],
)
def test_a_wrong_message_or_configuration_costs_no_device(world, channel, error):
    world.fcm.replies += [error, error]
    failure = failure_of(channel)
    assert not isinstance(failure, DeviceGone)
    assert not failure.temporary
    assert failure.code in {*REFUSALS.values(), "refused"}


@pytest.mark.parametrize(
    ("status", "code"),
    [(429, "QUOTA_EXCEEDED"), (503, "UNAVAILABLE"), (500, "INTERNAL"), (502, "")],
)
def test_what_passes_is_tried_again_when_google_says_so(world, channel, status, code):
    world.fcm.refuse_next(status, code, Retry_After="30")
    failure = failure_of(channel)
    assert (failure.code, failure.temporary) == ("provider_busy", True)
    assert failure.retry_after == timedelta(seconds=30)


def test_an_answer_that_names_no_message_is_not_taken_for_a_success(world, channel):
    world.fcm.replies.append((200, {"hello": "proxy"}, {}))
    failure = failure_of(channel)
    assert (failure.code, failure.temporary) == ("not_understood", True)


@pytest.mark.parametrize(
    ("reply", "code", "temporary"),
    [
        ((400, {"error": "invalid_grant"}, {}), "credentials_refused", False),
        ((401, {"error": "invalid_client"}, {}), "credentials_refused", False),
        ((503, {}, {"Retry-After": "5"}), "provider_busy", True),
        ((200, {"access_token": 5}, {}), "not_understood", True),
        ((200, {}, {}), "not_understood", True),
    ],
)
def test_without_an_access_token_nothing_is_sent(world, channel, reply, code, temporary):
    world.fcm.token_replies.append(reply)
    failure = failure_of(channel)
    assert (failure.code, failure.temporary) == (code, temporary)
    assert failure.answer.endswith("token") or failure.retry_after
    assert world.fcm.taken == []
    channel.send(SHOWN)
    assert len(world.fcm.taken) == 1


def test_the_assertion_never_goes_where_the_file_says(world, channel):
    assert b"https://elsewhere.example/token" in world.fcm.file
    channel.send(SHOWN)
    assert world.fcm.token_requests == 1


def test_an_account_of_another_project_is_refused(world, credentials, channel):
    credentials["bank"] = replace(credentials["bank"], project_id="other")
    failure = failure_of(channel)
    assert (failure.code, failure.temporary) == ("project_refused", False)


def test_no_word_token_or_key_is_in_a_failure(world, channel):
    world.fcm.replies.append(fcm_error(400, "INVALID_ARGUMENT", f"{DEVICE} {SHOWN.text}"))
    failure = failure_of(channel)
    told = "".join(traceback.format_exception(failure)) + repr(failure) + failure.answer
    (token,) = world.fcm.tokens
    for secret in (DEVICE, SHOWN.text, token):
        assert secret not in told
    assert "BEGIN" not in repr(world.fcm_credentials())
