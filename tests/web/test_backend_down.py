"""The bank or the database is down: customers read a general sentence, nothing of the inside."""

import re

import pytest
from sqlalchemy import text

from app.errors import Unavailable
from tests.support.banks import FakeBank
from tests.support.store import on_sqlite, put_in, writing
from tests.support.walker import Walker

ADDRESS = "http://inside.example:9443/adapter"
TELLTALES = ("Traceback", "RuntimeError", "OperationalError", "ProgrammingError", "sqlalchemy",
             "sqlite", "psycopg", "werkzeug", "inside.example", "9443", "adapter", "site-packages",
             "SELECT", ".py")  # fmt: skip
FAILURES = [RuntimeError(f"no answer from {ADDRESS}"), Unavailable(f"no answer from {ADDRESS}")]
GENERAL = ("Something went wrong on our side", "Something went wrong. Please try again.")

SCREENS = {
    "user name": ("login_sca", [], lambda w: w.filled("continue", username="10045678")),
    "password and code": (
        "login_sca",
        ["name"],
        lambda w: w.filled("confirm", code=w.code(), password="test"),
    ),
    "name and password": (
        "login",
        [],
        lambda w: w.filled("continue", username="10045678", password="test"),
    ),
    "review": ("authorize_payment_sca", ["log_in"], lambda w: w.filled("continue", account="1")),
    "review without sca": (
        "authorize_payment",
        ["sign_in"],
        lambda w: w.filled("continue", account="1"),
    ),
    "consent": ("login", ["sign_in"], lambda w: w.filled("confirm", option=w.options())),
}


def begin(app, screen):
    operation, acts, answer = SCREENS[screen]
    walker = Walker(app)
    match operation:
        case "login_sca":
            walker.start_login()
        case "authorize_payment_sca":
            walker.start_payment()
        case _:
            walker.start_plain(operation)
    for act in acts:
        getattr(walker, act)()
    return walker, answer(walker)


def everything_said(answer):
    return f"{answer.headers}{answer.text}"


def told(answer):
    """Return what telltales a customer could read."""
    said = re.sub(r'(?:src|href)="/static/[^"]*"', "", everything_said(answer))
    return [word for word in TELLTALES if word in said]


@on_sqlite
@pytest.mark.parametrize("failure", FAILURES, ids=["failed", "silent"])
@pytest.mark.parametrize("screen", SCREENS)
def test_a_bank_that_is_down_is_a_general_sentence_on_every_screen(app, screen, failure):  # 114
    bank = FakeBank()
    put_in(app, bank=bank)
    walker, fields = begin(app, screen)
    before = walker.flow().step
    bank.failure = failure
    answers = [walker.post(fields)]
    answers.append(walker.get())
    for answer in answers:
        assert told(answer) == []
    if answers[0].status_code == 303:
        bank.failure = None
        answers.append(walker.get())
    assert any(words in answer.text for answer in answers for words in GENERAL)
    assert walker.flow().step == before
    # An attempt that our own failure cut short stays counted; one the bank did not hear does not.
    assert walker.flow().attempts <= isinstance(failure, RuntimeError)


@pytest.mark.parametrize("table", ["flows", "browsers", "oauth_clients"])
def test_a_database_that_is_down_is_a_general_sentence(app, table):  # 114
    walker = Walker(app)
    walker.start_login()
    fields = walker.filled("continue", username="10045678")
    with writing(app) as session:
        session.execute(text(f"ALTER TABLE {table} RENAME TO gone"))
    answers = [walker.get(), walker.post(fields), walker.authorize()]
    failed = [answer for answer in answers if answer.status_code == 500]
    assert failed
    for answer in failed:
        assert "Something went wrong on our side" in answer.text
        assert re.search(r"<code>[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}</code>", answer.text)
        assert told(answer) == []
        assert table not in everything_said(answer)
