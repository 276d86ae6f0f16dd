"""The second line of defence of the log: whoever logs a secret by mistake logs a mask."""

import io
import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest
import structlog
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from app import logs

ROOT = Path(__file__).parents[1]
SECRET = "swordfish-12345678"


@pytest.fixture
def said():
    """Log something; return the line as it is written."""
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(logs.formatter())
    logs.configure("DEBUG")
    root = logging.getLogger()
    usual, root.handlers = root.handlers, [handler]

    def run(log):
        log()
        written = handler.stream.getvalue()
        handler.setStream(io.StringIO())
        return json.loads(written)

    yield run
    root.handlers = usual
    logs.configure("WARNING")


ours = structlog.get_logger("webflow.testing")


@pytest.mark.parametrize(
    "name",
    [
        "password", "code", "token", "secret", "authorization", "cookie", "phone", "iban", "otp",
        "access_token", "refresh_token", "id_token", "client_secret", "code_verifier", "Cookie",
        "authorization_code", "phone_number", "setCookie", "csrf_token", "accessToken",
        "API_KEY", "session_id", "nonce", "pin", "about_password", "set-cookie", "recipient",
    ],
)  # fmt: skip
def test_a_field_with_a_telling_name_is_masked(said, name):
    line = said(lambda: ours.info("x", **{name: SECRET}))
    assert line[name] == "***"


@pytest.mark.parametrize(
    "name",
    ["event_name", "client_id", "subject", "message", "reason", "part", "kind", "row", "step",
     "decode", "encoded", "keyboard", "pinned", "tokenless", "request", "about_flow"],
)  # fmt: skip
def test_other_fields_are_not(said, name):
    assert said(lambda: ours.info("x", **{name: "plain"}))[name] == "plain"


def test_what_is_empty_stays_as_it_is(said):
    line = said(lambda: ours.info("x", token=None, password=""))
    assert (line["token"], line["password"]) == (None, "")


def test_fields_inside_fields_are_masked(said):
    line = said(
        lambda: ours.info("x", given={"user": {"password": SECRET}, "tokens": [{"token": SECRET}]})
    )
    assert SECRET not in json.dumps(line)
    assert line["given"]["user"] == {"password": "***"}


@pytest.mark.parametrize(
    "told",
    [
        "wf_at_0123456789abcdefghij",
        "a token wf_rt_0123456789abcdefghij here",
        "Authorization: Bearer swordfish.12345678",
        "authorization: basic c3dvcmRmaXNoOnN3b3JkZmlzaA==",
        "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c3dvcmRmaXNo",
        "GET /connect?code=swordfish&state=x HTTP/1.1",
        "https://tpp.example/cb?state=1&code=swordfish",
    ],
)
def test_what_looks_like_a_secret_is_masked_wherever_it_stands(said, told):
    hidden = ("0123456789abcdef", "swordfish", "c3dvcmRmaXNo")
    for line in (
        said(lambda: ours.info(told)),
        said(lambda: ours.info("x", detail=told)),
        said(lambda: ours.info("x", several=[told])),
        said(lambda: logging.getLogger("library").info("%s", told)),
    ):
        assert not [each for each in hidden if each in json.dumps(line)]
        assert "***" in json.dumps(line)


def fail(how):
    try:
        how()
    except (ValueError, KeyError, RuntimeError, SQLAlchemyError):
        ours.exception("failed")


def of_a_row():
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (x TEXT UNIQUE)"))
        for _ in range(2):
            connection.execute(text("INSERT INTO t VALUES (:x)"), {"x": SECRET})


def of_a_table():
    create_engine("sqlite://").connect().execute(text("SELECT 1 FROM nowhere"))


def chained():
    try:
        {}[SECRET]
    except KeyError as error:
        raise RuntimeError(SECRET) from error


@pytest.mark.parametrize("how", [lambda: int(SECRET), lambda: {}[SECRET], of_a_row, chained])
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_failure_is_told_without_its_message(said, how):
    line = said(lambda: fail(how))
    assert SECRET not in json.dumps(line)
    assert "test_redaction.py" in line["exception"]
    assert "Error" in line["exception"]


def test_the_cause_of_a_failure_is_told_first(said):
    written = said(lambda: fail(chained))["exception"]
    assert written.index("builtins.KeyError") < written.index("builtins.RuntimeError")


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_what_a_database_says_of_its_tables_is_told(said):
    assert "no such table: nowhere" in said(lambda: fail(of_a_table))["exception"]


def test_a_line_of_the_log_stays_one_line(said):
    line = said(lambda: ours.info('x\n{"event": "forged"}', note="a\r\nb"))
    assert line["event"] == 'x\n{"event": "forged"}'


def test_what_gunicorn_could_not_read_is_not_repeated(said):
    log = logging.getLogger("gunicorn.error")
    line = said(lambda: log.warning("Invalid request from ip=192.0.2.1: GET /?code=swordfish X"))
    assert line["event"] == "Invalid request from ip=192.0.2.1: ***"
    line = said(lambda: log.error("Error handling request %s %s", "GET", "/cb?code=swordfish"))
    assert line["event"] == "Error handling request GET /cb?***"


def test_a_failure_that_granian_caught_is_told_without_its_message(said):
    log = logging.getLogger("_granian")
    told = "Application callable raised an exception\nTraceback …\nValueError: swordfish"
    assert said(lambda: log.error(told))["event"] == "Application callable raised an exception"


DIE = """
import sys, threading
from app import logs
logs.configure("INFO"); logs.last_resort()
def fail(): raise ValueError("swordfish")
thread = threading.Thread(target=fail); thread.start(); thread.join()
fail()
"""


def test_a_process_and_a_thread_die_without_a_message():
    done = subprocess.run(  # noqa: S603 - ours
        (sys.executable, "-c", DIE), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["level"] for line in lines] == ["critical", "critical"]
    assert all("builtins.ValueError" in line["exception"] for line in lines)
    assert "swordfish" not in done.stderr
