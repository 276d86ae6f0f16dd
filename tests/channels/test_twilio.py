"""Twilio over real HTTP: a server that looks at what Twilio looks at, and answers as it does."""

import logging
import socket
import threading
import traceback
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from app.channels.base import DeliveryFailed, PhoneNumber, Sms
from app.channels.twilio import BUSY, REFUSALS, TwilioSms
from app.settings import TwilioSettings

ACCOUNT = "AC00000000000000000000000000000001"
TOKEN = "a-token-that-nobody-may-see"
NUMBER = PhoneNumber("+420777123456")
CODE = "27218844"
PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
MESSAGE = Sms(
    to=NUMBER,
    text=f"Kód pro přihlášení je {CODE} & nic víc.",
    reference="4b11",
    operation_id="7f3c",
)
TAKEN = {
    "sid": "SM00000000000000000000000000000001",
    "account_sid": ACCOUNT,
    "to": NUMBER,
    "body": MESSAGE.text,
    "status": "queued",
    "date_created": "Sun, 22 Nov 2026 13:00:00 +0000",
    "error_code": None,
    "subresource_uris": {},
}
SETTINGS = TwilioSettings(
    account_sid=ACCOUNT,
    auth_token=SecretStr(TOKEN),
    sender="+420600000001",
    timeout=timedelta(seconds=5),
)


def at(server: HTTPServer, **changes: object) -> TwilioSms:
    return TwilioSms(SETTINGS.model_copy(update={"base_url": server.url_for("/"), **changes}))


def basic(username: str) -> str:
    return "Basic " + b64encode(f"{username}:{TOKEN}".encode()).decode()


def failure_of(channel: TwilioSms, message: Sms = MESSAGE) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as caught:
        channel.send(message)
    return caught.value


def refuse(server: HTTPServer, status: int, code: int | None = None) -> None:
    """Answer like Twilio, which repeats the number in its own words."""
    body = {
        "code": code,
        "message": f"The number {NUMBER} is not for {MESSAGE.text}",
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    server.expect_request(PATH).respond_with_json(body, status=status)


def test_a_message_arrives_as_the_interface_asks(httpserver: HTTPServer):
    httpserver.expect_request(PATH).respond_with_json(TAKEN, status=201)
    at(httpserver).send(MESSAGE)
    ((request, _),) = httpserver.log
    assert request.method == "POST"
    assert request.content_type == "application/x-www-form-urlencoded"
    assert request.headers["Authorization"] == basic(ACCOUNT)
    assert request.form.to_dict(flat=False) == {
        "To": [NUMBER],
        "From": ["+420600000001"],
        "Body": [MESSAGE.text],
    }
    assert not request.args


def test_a_messaging_service_wins_over_a_sender(httpserver: HTTPServer):
    httpserver.expect_request(PATH).respond_with_json(TAKEN, status=201)
    at(httpserver, messaging_service="MG1").send(MESSAGE)
    ((request, _),) = httpserver.log
    assert request.form["MessagingServiceSid"] == "MG1"
    assert "From" not in request.form


def test_an_api_key_signs_in_for_the_account(httpserver: HTTPServer):
    httpserver.expect_request(PATH).respond_with_json(TAKEN, status=201)
    at(httpserver, api_key="SK1").send(MESSAGE)
    ((request, _),) = httpserver.log
    assert request.headers["Authorization"] == basic("SK1")


def test_a_base_address_may_have_a_path_of_its_own(httpserver: HTTPServer):
    httpserver.expect_request(f"/out/twilio{PATH}").respond_with_json(TAKEN, status=201)
    at(httpserver, base_url=httpserver.url_for("/out/twilio/")).send(MESSAGE)
    assert len(httpserver.log) == 1


def test_variables_of_the_process_change_neither_address_nor_account(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
):
    for name in ("TWILIO_EDGE", "TWILIO_REGION", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"):
        monkeypatch.setenv(name, "ie1")
    httpserver.expect_request(PATH).respond_with_json(TAKEN, status=201)
    at(httpserver).send(MESSAGE)
    ((request, _),) = httpserver.log
    assert request.headers["Authorization"] == basic(ACCOUNT)


@pytest.mark.parametrize("code", [*REFUSALS, 21999])
def test_a_refused_message_is_not_worth_another_attempt(httpserver: HTTPServer, code: int):
    refuse(httpserver, 400, code)
    failure = failure_of(at(httpserver))
    assert not failure.temporary
    assert failure.code == REFUSALS.get(code, "refused")
    assert failure.answer == f"400 {code}"


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (401, 20003, "credentials_refused"),
        (401, None, "credentials_refused"),
        (403, 20003, "credentials_refused"),
        (403, 20403, "credentials_refused"),
        (404, 20404, "account_unknown"),
        (404, None, "account_unknown"),
        (405, 20004, "refused"),
    ],
)
def test_a_wrong_configuration_is_not_worth_another_attempt(
    httpserver: HTTPServer, status: int, code: int | None, expected: str
):
    refuse(httpserver, status, code)
    failure = failure_of(at(httpserver))
    assert not failure.temporary
    assert failure.code == expected


@pytest.mark.parametrize(
    ("status", "code"),
    [(429, 20429), (429, None), (408, None), (425, None), (500, 20500), (502, None), (503, 20503)],
)
def test_a_busy_provider_is_asked_again(httpserver: HTTPServer, status: int, code: int | None):
    refuse(httpserver, status, code)
    assert failure_of(at(httpserver)).temporary


@pytest.mark.parametrize("code", BUSY)
def test_a_full_queue_is_temporary_whatever_the_status(httpserver: HTTPServer, code: int):
    refuse(httpserver, 400, code)
    failure = failure_of(at(httpserver))
    assert failure.temporary
    assert failure.code == "too_many_requests"


@pytest.mark.parametrize("body", ["", "<h1>Welcome to the hotel</h1>", "[]", "null", "{", "{}"])
def test_a_success_that_describes_no_message_is_not_believed(httpserver: HTTPServer, body: str):
    httpserver.expect_request(PATH).respond_with_data(body, content_type="text/html")
    failure = failure_of(at(httpserver))
    assert failure.temporary
    assert failure.code == "not_understood"
    assert failure.uncertain


@pytest.mark.parametrize("body", ["", "<h1>Bad Gateway</h1>", "[400]", '{"code": "21211"}'])
def test_an_error_page_of_somebody_else_is_judged_by_its_status(httpserver: HTTPServer, body: str):
    httpserver.expect_request(PATH).respond_with_data(body, status=502)
    failure = failure_of(at(httpserver))
    assert failure.temporary
    assert failure.answer == "502"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_refused_and_nothing_is_sent_to_where_it_points(
    httpserver: HTTPServer, status: int
):
    httpserver.expect_request(PATH).respond_with_data(
        status=status, headers={"Location": httpserver.url_for("/elsewhere")}
    )
    httpserver.expect_request("/elsewhere").respond_with_json(TAKEN, status=201)
    failure = failure_of(at(httpserver))
    assert not failure.temporary
    assert failure.answer == str(status)
    assert [request.path for request, _ in httpserver.log] == [PATH]


def test_a_provider_that_takes_too_long_is_given_up():
    given_up = threading.Event()

    def slow(_request: Request) -> Response:
        given_up.wait(10)
        return Response()

    # A server of its own: it is gone, with the late answer, before the next test begins.
    with HTTPServer() as server:
        server.expect_request(PATH).respond_with_handler(slow)
        failure = failure_of(at(server, timeout=timedelta(milliseconds=100)))
        given_up.set()
    assert failure.temporary
    assert (failure.code, failure.answer) == ("no_answer", "ReadTimeout")
    assert failure.uncertain


@contextmanager
def raw_server(answer: bytes) -> Iterator[str]:
    """Serve one connection: read the request, say `answer`, hang up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{",
        b"SSH-2.0-OpenSSH_9.9\r\n",
    ],
)
def test_a_dropped_connection_may_have_lost_the_answer_alone(answer: bytes):
    with raw_server(answer) as address:
        failure = failure_of(TwilioSms(SETTINGS.model_copy(update={"base_url": address})))
    assert failure.temporary
    assert failure.uncertain
    assert failure.code == "no_answer"


@pytest.mark.parametrize(
    ("status", "body", "uncertain"),
    [
        (429, "", False),
        (503, "", False),
        (500, '{"code": 20429}', False),
        (408, "", True),
        (500, '{"code": 20500}', True),
        (502, "<h1>Bad Gateway</h1>", True),
        (504, "", True),
        (400, '{"code": 21211}', False),
    ],
)
def test_a_refusal_tells_whether_the_message_may_have_been_taken(
    httpserver: HTTPServer, *, status: int, body: str, uncertain: bool
):
    httpserver.expect_request(PATH).respond_with_data(body, status=status)
    assert failure_of(at(httpserver)).uncertain is uncertain


def test_a_provider_that_is_not_there_is_tried_again():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    failure = failure_of(TwilioSms(SETTINGS.model_copy(update={"base_url": address})))
    assert failure.temporary
    assert not failure.uncertain
    assert failure.code == "no_answer"


@pytest.mark.parametrize(
    "to", ["john@example.com", "", "777123456", "+42077712345x", "whatsapp:+420777123456", "+0123"]
)
def test_nothing_is_sent_to_what_is_no_phone_number(httpserver: HTTPServer, to: str):
    failure = failure_of(at(httpserver), replace(MESSAGE, to=PhoneNumber(to)))
    assert not failure.temporary
    assert failure.code == "number_invalid"
    assert not httpserver.log


def test_threads_that_send_at_once_get_the_answers_to_their_own_messages():
    def judge(request: Request) -> Response:
        code = int(request.form["Body"])
        return Response(f'{{"code": {code}}}', status=400, content_type="application/json")

    def answer(code: int) -> str:
        return failure_of(channel, replace(MESSAGE, text=str(code))).answer

    with HTTPServer(threaded=True) as server, ThreadPoolExecutor(8) as pool:
        server.expect_request(PATH).respond_with_handler(judge)
        channel = at(server)
        codes = range(30000, 30080)
        assert list(pool.map(answer, codes)) == [f"400 {code}" for code in codes]


def test_a_message_that_arrives_leaves_no_secret_in_the_log(
    httpserver: HTTPServer, caplog: pytest.LogCaptureFixture
):
    talkative(caplog)
    httpserver.expect_request(PATH).respond_with_json(TAKEN, status=201)
    at(httpserver).send(MESSAGE)
    assert not secrets_in(caplog.text)


@pytest.mark.parametrize("status", [302, 400, 401, 429, 500])
def test_a_refusal_leaves_no_secret_in_the_log_or_the_exception(
    httpserver: HTTPServer, caplog: pytest.LogCaptureFixture, status: int
):
    talkative(caplog)
    refuse(httpserver, status, 21211)
    failure = failure_of(at(httpserver))
    assert not secrets_in(caplog.text + told_by(failure))


def test_a_broken_connection_leaves_no_secret_in_the_log_or_the_exception(
    caplog: pytest.LogCaptureFixture,
):
    talkative(caplog)
    with raw_server(b"") as address:
        failure = failure_of(TwilioSms(SETTINGS.model_copy(update={"base_url": address})))
    assert not secrets_in(caplog.text + told_by(failure))


def talkative(caplog: pytest.LogCaptureFixture) -> None:
    for name in (None, "twilio", "twilio.http_client", "urllib3", "requests"):
        caplog.set_level(logging.DEBUG, logger=name)


def told_by(failure: DeliveryFailed) -> str:
    """Return all that a log could say of a failure: its chain, its frames, their variables."""
    assert failure.__cause__ is None
    assert failure.__context__ is None
    trace = traceback.TracebackException.from_exception(failure, capture_locals=True)
    told = "".join(trace.format())
    assert "in send" in told
    return told + repr(failure) + repr(failure.args)


def secrets_in(text: str) -> set[str]:
    return {secret for secret in (CODE, NUMBER, NUMBER[1:], TOKEN) if secret in text}


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"account_sid": ""}, "ACCOUNT_SID"),
        ({"auth_token": SecretStr("")}, "AUTH_TOKEN"),
        ({"sender": ""}, "SENDER"),
    ],
)
def test_a_missing_setting_stops_the_start_and_is_named(changes: dict[str, object], name: str):
    with pytest.raises(ValueError, match=f"set WEBFLOW_SMS__TWILIO__{name}"):
        TwilioSms(SETTINGS.model_copy(update=changes))
