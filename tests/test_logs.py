"""Logs: one JSON line for each fact, and nothing in them that is nobody else's business."""

import io
import json
import logging
import re
from datetime import datetime

import pytest
import structlog

from app import logs
from app.deliveries import Deliveries
from tests.support.banks import FakeBank
from tests.support.databases import built
from tests.support.store import on_sqlite, parts_of, put_in
from tests.support.walker import PAYMENT, Walker, next_step


class Log(io.StringIO):
    """Everything that was logged."""

    @property
    def lines(self):
        return [json.loads(line) for line in self.getvalue().splitlines()]


class Phone:
    """Takes every text message and is silent."""

    repeatable = True

    def send(self, message):
        pass


def our_handlers():
    return [
        handler
        for handler in logging.getLogger().handlers
        if isinstance(handler.formatter, structlog.stdlib.ProcessorFormatter)
    ]


@pytest.fixture
def log(app, settings):
    """The log of an application that says everything it has to say."""
    logs.configure("DEBUG")
    (handler,) = our_handlers()
    kept = Log()
    handler.setStream(kept)
    yield kept
    logs.configure(settings.log_level)


@on_sqlite
def test_every_line_is_an_object_that_says_when_where_and_what(app, log):
    walker = Walker(app)
    walker.start_login()
    walker.name()
    assert "flow.opened" in [line["event"] for line in log.lines]
    for line in log.lines:
        assert {"event", "level", "logger", "timestamp"} <= set(line)
        assert datetime.fromisoformat(line["timestamp"]).tzinfo is not None


@on_sqlite
def test_libraries_write_into_the_same_log(log):
    logging.getLogger("some.library").warning("said %s", "so")
    (line,) = log.lines
    assert (line["event"], line["logger"], line["level"]) == ("said so", "some.library", "warning")


@on_sqlite
def test_configuring_twice_writes_no_line_twice(log):
    logs.configure("INFO")
    assert len(our_handlers()) == 1
    logs.configure("INFO")
    assert len(our_handlers()) == 1


@on_sqlite
def test_an_error_page_and_its_log_share_a_reference(app, log):
    walker = Walker(app)
    walker.start_login()
    walker.address = "/flow/unknown"
    answer = walker.get()
    (reference,) = re.findall("<code>([0-9a-f-]+)</code>", answer.text)
    refused = [line for line in log.lines if line["event"] == "not_found"]
    assert [line["request"] for line in refused] == [reference]


@on_sqlite
def test_requests_have_references_of_their_own(app, log):
    for _ in range(2):
        Walker(app).start_login()
    references = {line["request"] for line in log.lines if line["event"] == "flow.opened"}
    assert len(references) == 2


@on_sqlite
def test_nothing_secret_or_personal_is_logged_on_a_whole_walk(app, log):
    walker = Walker(app)
    walker.start_payment()
    secrets = [walker.client.get_cookie("wf_browser").value, walker.nonce, walker.address[6:]]
    walker.name("a b")
    walker.name("johnny-doe-77")
    secrets += [walker.nonce, walker.filled("confirm")["csrf_token"]]
    Deliveries(parts_of(app), Phone(), later=print).drain()
    walker.prove(password="swordfish")
    walker.prove()
    walker.approve()
    walker.agree()
    secrets += [message.authorization_code for message in walker.messages()]
    secrets += [message.message_text for message in walker.messages()]
    secrets += [walker.client.get_cookie("wf_browser").value, walker.way_back]
    secrets += [walker.leave()["code"], "swordfish", "+420", "420777", "johnny-doe-77"]
    secrets += ["12345671/1234", "238400856", "Utility", walker.state]
    written = log.getvalue()
    assert "flow.done" in written
    assert not [secret for secret in secrets if secret in written]


@on_sqlite
@pytest.mark.parametrize("failure", [RuntimeError("a bug"), ZeroDivisionError()])
def test_nothing_secret_is_logged_with_a_failure_of_ours(app, log, failure):
    bank = FakeBank()
    put_in(app, bank=bank)
    walker = Walker(app)
    walker.start_login()
    walker.name("johnny-doe-77")
    code = walker.code()
    right = walker.filled("confirm", code=code, password="swordfish")
    bank.failure = failure
    assert walker.post(right).status_code == 500
    (line,) = [line for line in log.lines if line["event"] == "unexpected"]
    assert type(failure).__name__ in line["exception"]
    for secret in ("swordfish", code, "johnny-doe-77", right["csrf_token"], right["step"]):
        assert secret not in log.getvalue()


@on_sqlite
def test_nothing_of_a_refused_request_is_logged(app, log):
    wanted = {**PAYMENT, "operationData": "A1*A100CZK*QSECRET-ACCOUNT*X", "userId": "x" * 300}
    assert next_step(app, wanted).status_code == 400
    assert "SECRET-ACCOUNT" not in log.getvalue()
    assert "xxxx" not in log.getvalue()


@on_sqlite
def test_a_quiet_level_is_quiet(app, settings):
    with built(settings.model_copy(update={"log_level": "ERROR"})) as quiet:
        (handler,) = our_handlers()
        kept = Log()
        handler.setStream(kept)
        walker = Walker(quiet)
        walker.start_login()
        walker.address = "/flow/unknown"
        walker.get()
        assert kept.getvalue() == ""
