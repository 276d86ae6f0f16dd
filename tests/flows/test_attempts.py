"""How often a step may be tried, and that nobody learns why an answer was wrong."""

import time_machine

from app import clock
from app.deliveries import Deliveries
from app.store.flows import Flow
from app.store.otps import SmsAuthorization
from app.store.outbox import OutboxRow
from tests.support.banks import FakeBank
from tests.support.phones import Phone
from tests.support.store import all_of, on_sqlite, parts_of, put_in, writing
from tests.support.walker import Walker, detail, normalised

FAILED = "User authentication failed."
KNOWN, UNKNOWN, BLOCKED = "customer1", "unknown12", "blocked12"


def test_a_step_fails_with_the_fifth_wrong_answer(app):  # 14, 32, 64
    walker = Walker(app)
    walker.start_login()
    walker.name()
    operation = walker.flow().id
    assert detail(app, operation)["remainingAttempts"] == 5
    for remaining in (4, 3, 2, 1):
        page = walker.prove(walker.wrong_code())
        assert FAILED in page.text
        assert f"Remaining attempts: {remaining}" in page.text
        assert detail(app, operation)["remainingAttempts"] == remaining
        assert walker.flow().step == "LOGIN_SCA"
    assert "All attempts have been used." in walker.prove(walker.wrong_code()).text
    assert detail(app, operation)["remainingAttempts"] == 0
    assert walker.history() == [
        ("INIT", "CONFIRMED", "CONTINUE"),
        *[("LOGIN_SCA", "AUTH_FAILED", "CONTINUE")] * 4,
        ("LOGIN_SCA", "AUTH_METHOD_FAILED", "FAILED"),
    ]
    told = walker.leave()
    assert told["error"] == "access_denied"
    assert told["state"] == walker.state
    assert "code" not in told


@on_sqlite
def test_the_fifth_answer_may_still_be_right(app):
    walker = Walker(app)
    walker.start_login()
    walker.name()
    for _ in range(4):
        walker.prove(walker.wrong_code())
    walker.prove()
    assert walker.flow().step == "CONSENT"


@on_sqlite
def test_a_right_answer_is_refused_once_the_attempts_are_spent(app):
    walker = Walker(app)
    walker.start_login()
    walker.name()
    right = walker.filled("confirm", code=walker.code(), password="test")
    for _ in range(5):
        right["step"] = walker.nonce
        walker.prove(walker.wrong_code())
    before = walker.state_of_things()
    walker.send(right)
    assert walker.state_of_things() == before
    assert walker.flow().result == "FAILED"


@on_sqlite
def test_not_even_a_right_answer_is_judged_when_all_attempts_are_reserved(app):
    """As many guesses at once as there are attempts: the next one finds none left."""
    walker = Walker(app)
    walker.start_login()
    walker.name()
    with writing(app) as session:
        session.get(Flow, walker.flow().id).attempts = 5
    assert "All attempts have been used." in walker.prove().text
    assert walker.flow().result == "FAILED"
    assert not walker.messages()[0].verified


@on_sqlite
def test_every_step_has_its_own_five_attempts(app):
    walker = Walker(app)
    walker.start_payment()
    walker.name()
    for _ in range(4):
        walker.prove(walker.wrong_code())
    walker.prove()
    walker.choose()
    for remaining in (4, 3, 2, 1):
        assert f"Remaining attempts: {remaining}" in walker.prove(walker.wrong_code()).text
    walker.prove()
    assert walker.flow().step == "CONSENT"


@on_sqlite
def test_asking_for_a_new_code_gives_no_new_attempts(app):
    with time_machine.travel(clock.now(), tick=False) as time:
        walker = Walker(app)
        walker.start_login()
        walker.name()
        for _ in range(4):
            walker.prove(walker.wrong_code())
        time.shift(61)
        walker.press("resend")
        assert len(walker.messages()) == 2
        walker.prove(walker.wrong_code())
    assert walker.flow().result == "FAILED"


def test_the_right_code_with_a_wrong_password_can_be_given_again(app):  # 62
    walker = Walker(app)
    walker.start_login()
    walker.name()
    code = walker.code()
    assert FAILED in walker.prove(code, password="wrong").text
    assert len(walker.messages()) == 1
    walker.prove(code)
    assert walker.flow().step == "CONSENT"
    (message,) = walker.messages()
    assert message.verified
    assert message.verify_request_count == 2


@on_sqlite
def test_whatever_is_wrong_the_page_is_the_same(app):  # 63
    pages = []
    with time_machine.travel(clock.now(), tick=False):
        for code, password in (
            (None, "wrong"),
            ("00000001", "test"),
            ("00000001", "wrong"),
        ):
            walker = Walker(app)
            walker.start_login()
            walker.name()
            pages.append(normalised(walker.prove(code, password)))
    assert FAILED in pages[0]
    assert set(pages) == {pages[0]}


@on_sqlite
def test_an_answer_that_is_not_complete_is_no_attempt(app):
    for name in (KNOWN, UNKNOWN, BLOCKED):
        walker = Walker(app)
        walker.start_login()
        walker.name(name)
        for code, password, words in (
            ("", "test", "Fill in all digits of the code from the SMS."),
            ("letters!", "test", "Fill in all digits of the code from the SMS."),
            ("12345678", "", "Fill in the password."),
        ):
            assert words in walker.prove(code, password).text
        assert walker.flow().attempts == 0


@on_sqlite
def test_users_who_do_not_exist_or_are_blocked_see_the_same_pages_to_the_end(app):  # 75, 76, 77
    walks = {}
    with time_machine.travel(clock.now(), tick=False) as time:
        for name in (KNOWN, UNKNOWN, BLOCKED):
            walker = Walker(app)
            walker.start_login()
            pages = [walker.name(name), walker.press("resend")]
            pages += [walker.prove("12345678", password) for password in ("test", "wrong", "x")]
            pages += [walker.reload(), walker.reload("?lang=cs"), walker.reload("?lang=en")]
            time.shift(60)
            pages += [walker.press("resend"), walker.reload()]
            pages += [walker.prove("12345678") for _ in range(2)]
            walks[name] = [normalised(page, username=name) for page in pages]
            told = walker.leave()
            walks[name].append(told | {"state": ""})
            walks[name].append(walker.history())
            time.shift(-60)
    assert "All attempts have been used." in walks[KNOWN][-3]
    assert walks[UNKNOWN] == walks[KNOWN]
    assert walks[BLOCKED] == walks[KNOWN]


def test_no_message_is_made_for_a_user_who_does_not_exist_or_is_blocked(app):  # 75, 76
    with time_machine.travel(clock.now(), tick=False) as time:
        for name in (UNKNOWN, BLOCKED):
            walker = Walker(app)
            walker.start_login()
            walker.name(name)
            time.shift(61)
            assert "We sent a new code" in walker.press("resend").text
            walker.prove("12345678")
        phone = Phone()
        Deliveries(parts_of(app), phone, later=print).drain()
    assert all_of(app, SmsAuthorization) == []
    assert {row.state for row in all_of(app, OutboxRow)} == {"delivered", "void"}
    assert phone.sent == []


@on_sqlite
def test_the_bank_is_asked_about_the_password_of_everybody_alike(app):
    for name in (KNOWN, UNKNOWN, BLOCKED):
        bank = FakeBank()
        put_in(app, bank=bank)
        walker = Walker(app)
        walker.start_login()
        walker.name(name)
        walker.prove("12345678", "secret")
        walker.prove("87654321", "x")
        assert bank.passwords == ["secret", "x"]


@on_sqlite
def test_the_next_flow_of_the_same_browser_begins_with_fresh_attempts(app):
    walker = Walker(app)
    walker.start_login()
    walker.name("customer1")
    for _ in range(3):
        walker.prove(walker.wrong_code())
    walker.start_login()
    walker.name("customer2")
    assert "Remaining attempts: 4" in walker.prove(walker.wrong_code()).text
