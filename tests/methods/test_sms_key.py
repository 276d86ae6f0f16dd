"""SMS_KEY: the review, then the code alone; for payments that are not regulated."""

import pytest
import time_machine

from app import clock
from tests.support.store import on_sqlite
from tests.support.walker import Walker

FAILED = "User authentication failed."


@pytest.fixture
def walker(app):
    """Somebody who stands before the review of a payment without SCA."""
    walker = Walker(app)
    walker.start_plain("authorize_payment")
    walker.sign_in()
    return walker


def names(page):
    return {control.name for form in page.forms for control in form.controls}


def test_the_code_alone_approves(walker):  # 69
    assert walker.flow().step == "SMS_KEY"
    page = walker.choose()
    assert "password" not in names(page)
    assert "code" in names(page)
    walker.prove_alone()
    assert walker.flow().step == "CONSENT"
    walker.agree()
    told = walker.leave()
    assert told["code"]
    assert told["state"] == walker.state


@on_sqlite
def test_the_review_shows_the_whole_payment_and_how_it_is_approved(walker):  # 82, 88
    text = " ".join(walker.page.text.split())
    for shown in ("100.00 CZK", "238400856/0300", "29 Jun 2017", "Utility Bill Payment - 05/2017",
                  "How you approve With a code from an SMS"):  # fmt: skip
        assert shown in text, shown
    assert [c.value for form in walker.page.forms for c in form.fields("method")] == ["SMS_KEY"]


@on_sqlite
@pytest.mark.parametrize("method", ["POWERAUTH_TOKEN", "CONSENT", "x"])
def test_a_way_to_approve_that_was_not_offered_is_refused(walker, method):
    page = walker.press("continue", account="1", method=method)
    assert "Choose how you want to approve." in page.text
    assert walker.flow().phase == ""
    assert walker.messages() == []


@on_sqlite
def test_no_code_is_asked_for_before_the_payment_was_reviewed(walker):  # 83
    assert not names(walker.page) & {"password", "code"}
    answer = walker.filled("continue")
    answer["action"], answer["code"] = "confirm", "12345678"
    walker.send(answer)
    assert (walker.flow().step, walker.flow().attempts) == ("SMS_KEY", 0)


@on_sqlite
def test_the_code_is_bound_to_payment_and_account_as_in_the_strong_approval(walker):  # 67, 68
    walker.choose("2")
    (message,) = walker.messages()
    assert "to PAY 100 CZK to 238400856/0300" in message.message_text
    assert "44444447/1234" in walker.page.text
    walker.prove_alone()
    assert walker.flow().debit_account["id"] == "2"


@on_sqlite
def test_the_fifth_wrong_code_ends_the_payment(walker):  # 64
    walker.choose()
    for remaining in (4, 3, 2, 1):
        page = walker.prove_alone(walker.wrong_code())
        assert FAILED in page.text
        assert f"Remaining attempts: {remaining}" in page.text
    assert "All attempts have been used." in walker.prove_alone(walker.wrong_code()).text
    assert walker.leave()["error"] == "access_denied"


@on_sqlite
@pytest.mark.parametrize("code", ["", "letters!", "1234567", "123456789"])
def test_what_is_no_code_costs_no_attempt(walker, code):  # 66
    walker.choose()
    assert "Fill in all digits of the code from the SMS." in walker.prove_alone(code).text
    assert walker.flow().attempts == 0


@on_sqlite
def test_a_new_code_replaces_the_old_one_after_a_minute(walker):  # 58, 59
    with time_machine.travel(clock.now(), tick=False) as time:
        walker.choose()
        old = walker.code()
        walker.press("resend")
        assert len(walker.messages()) == 1
        time.shift(60)
        walker.press("resend")
        assert FAILED in walker.prove_alone(old).text
        walker.prove_alone()
    assert walker.flow().step == "CONSENT"


@on_sqlite
def test_the_single_sca_asks_for_both_factors_at_the_approval(app):
    walker = Walker(app)
    walker.start_plain("authorize_payment_single_sca")
    walker.sign_in()
    assert walker.flow().step == "APPROVAL_SCA"
    walker.choose()
    assert {"password", "code"} <= names(walker.page)
    assert FAILED in walker.prove(password="wrong").text
    walker.prove()
    assert walker.flow().step == "CONSENT"


@on_sqlite
def test_a_whole_walk_in_czech_says_nothing_in_english(app):  # 115
    walker = Walker(app, language="cs")
    pages = [walker.start_plain("authorize_payment"), walker.sign_in(password="wrong")]
    pages += [walker.sign_in(), walker.choose(), walker.prove_alone(walker.wrong_code())]
    pages += [walker.prove_alone(), walker.agree()]
    english = ("Continue", "Cancel", "Password", "Confirm", "Payment", "Consent", "Sign in",
               "account", "Remaining", "payment", "approve", "MISSING_")  # fmt: skip
    for page in pages:
        text = page.text
        for given in ("Utility Bill Payment - 05/2017", "Web Flow demo application"):
            text = text.replace(given, "")
        assert not [word for word in english if word in text], text
