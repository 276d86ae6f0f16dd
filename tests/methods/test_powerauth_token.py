"""POWERAUTH_TOKEN: the review offers phone and SMS to whoever has both, and each leads on."""

import pytest

from app.store.flows import FlowRecord
from app.store.otps import SmsAuthorization
from tests.support.device import WRONG, change
from tests.support.store import all_of, on_sqlite, serving
from tests.support.walker import PAYMENT, Walker
from tests.support.walker_phone import WalkerPhone

CONFIRM = "Confirm in your mobile app"
CHOICE = "How do you want to approve?"


@pytest.fixture
def phone(app):
    return WalkerPhone(app)


@pytest.fixture
def walker(app):
    walker = Walker(app)
    walker.start_plain("authorize_payment")
    return walker


def test_a_payment_is_approved_in_the_app_where_it_was_chosen(app, phone, walker):
    page = walker.sign_in()
    assert CHOICE in page.text
    assert (walker.flow().step, walker.flow().offered) == (
        "POWERAUTH_TOKEN",
        ["POWERAUTH_TOKEN", "SMS_KEY"],
    )
    page = walker.press("continue", account="1", method="POWERAUTH_TOKEN")
    assert CONFIRM in page.text
    assert "SMS" not in page.text
    (payment,) = phone.pending()
    assert payment["data"] == PAYMENT["operationData"]
    phone.approve()
    walker.press("continue")
    walker.agree()
    assert "code" in walker.leave()
    assert all_of(app, SmsAuthorization) == []
    assert walker.history()[2] == ("POWERAUTH_TOKEN", "CONFIRMED", "CONTINUE")


def test_the_code_can_be_chosen_instead(app, phone, walker):
    walker.sign_in()
    page = walker.press("continue", account="1", method="SMS_KEY")
    assert "Code from the SMS" in page.text
    assert phone.pending() == []
    assert walker.flow().step == "SMS_KEY"
    assert walker.flow().debit_account["id"] == "1"
    walker.prove_alone()
    walker.agree()
    assert "code" in walker.leave()
    chosen = [record.chosen for record in all_of(app, FlowRecord)]
    assert chosen.count("SMS_KEY") == 1


def test_without_a_phone_there_is_nothing_to_choose(walker):
    page = walker.sign_in()
    assert CHOICE not in page.text
    assert (walker.flow().step, walker.flow().offered) == ("SMS_KEY", ["SMS_KEY"])


def test_a_method_that_is_not_on_offer_is_refused(app, walker):
    walker.sign_in()
    walker.press("continue", account="1", method="POWERAUTH_TOKEN")
    assert walker.flow().problem["code"] == "method_missing"
    assert walker.flow().step == "SMS_KEY"


def test_no_code_is_sent_around_the_phone_that_was_chosen(app, phone, walker):
    walker.sign_in()
    walker.press("continue", account="1", method="POWERAUTH_TOKEN")
    fields = walker.filled("ask")
    fields["action"] = "sms"
    walker.post(fields)
    assert walker.flow().step == "POWERAUTH_TOKEN"
    assert all_of(app, SmsAuthorization) == []


def test_it_works_offline(phone, walker):
    walker.sign_in()
    walker.press("continue", account="1", method="POWERAUTH_TOKEN")
    page = walker.press("offline")
    walker.press("continue", code=phone.digits(page))
    assert walker.flow().step == "CONSENT"


@on_sqlite
def test_a_phone_that_is_blocked_between_review_and_approval_ends_it(app, phone, walker):
    walker.sign_in()
    change(app, "block", phone.device.id)
    walker.press("continue", account="1", method="POWERAUTH_TOKEN")
    assert walker.flow().result == "FAILED"


@on_sqlite
def test_wrong_signatures_end_it(app, phone, walker):
    walker.sign_in()
    walker.press("continue", account="1", method="POWERAUTH_TOKEN")
    (operation,) = phone.pending()
    value = {"requestObject": {"id": operation["id"], "data": operation["data"]}}
    for _ in range(5):
        phone.signed("/authorize", "/operation/authorize", value, WRONG)
    walker.press("continue")
    assert walker.flow().result_reason == "authentication.maxAttemptsExceeded"


@on_sqlite
def test_a_back_end_sees_which_operations_wait_for_a_phone(app, phone, walker):
    walker.sign_in()

    def waiting():
        with serving(app, writing=False) as services:
            return [each.id for each in services.flows.pending("10045678", on_phone=True)]

    assert waiting() == []
    walker.press("continue", account="1", method="POWERAUTH_TOKEN")
    assert waiting() == [walker.flow().id]
    walker.press("cancel")
    assert waiting() == []
