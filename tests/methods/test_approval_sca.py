"""APPROVAL_SCA: the review, the account, then both factors about exactly this payment."""

from dataclasses import replace
from decimal import Decimal

import pytest
import time_machine

from app import clock
from app.errors import Unavailable
from tests.support.banks import FakeBank, with_accounts
from tests.support.store import on_sqlite, put_in
from tests.support.walker import Walker

REVIEW = "Check this payment before you approve it"


@pytest.fixture
def walker(app):
    """Somebody who stands before the review of a payment."""
    walker = Walker(app)
    walker.start_payment()
    walker.log_in()
    return walker


def with_bank(app, bank, **changes):
    put_in(app, bank=bank)
    walker = Walker(app)
    walker.start_payment(**changes)
    walker.log_in()
    return walker


def accounts(page):
    return {c.value: c for form in page.forms for c in form.fields("account")}


@on_sqlite
def test_the_review_shows_the_whole_payment(walker):  # 82
    text = walker.page.text
    for shown in (
        "Confirm Payment",
        "Hello, please confirm following payment:",
        "100.00 CZK",
        "238400856/0300",
        "29 Jun 2017",
        "Utility Bill Payment - 05/2017",
        "Demo application",
    ):
        assert shown in " ".join(text.split()), shown


@on_sqlite
def test_no_factor_is_asked_for_before_the_payment_was_reviewed(walker):  # 83
    assert REVIEW in walker.page.text
    names = {control.name for form in walker.page.forms for control in form.controls}
    assert not names & {"password", "code"}
    assert len(walker.messages()) == 1  # that of the login
    answer = walker.filled("continue")
    answer["action"] = "confirm"
    answer["password"], answer["code"] = "test", walker.code()
    walker.send(answer)
    assert walker.flow().step == "APPROVAL_SCA"
    assert walker.flow().attempts == 0
    assert [step for step, *_ in walker.history()] == ["INIT", "LOGIN_SCA"]
    assert not walker.messages()[-1].verified


@on_sqlite
def test_the_accounts_of_the_customer_are_offered_with_the_default_one_chosen(walker):  # 84, 85
    offered = accounts(walker.page)
    assert list(offered) == ["1", "2", "3"]
    assert [c.value for c in offered.values() if c.checked] == ["1"]
    assert [c.value for c in offered.values() if c.disabled] == ["3"]
    assert "24,394.52 CZK" in walker.page.text
    assert "12345671/1234" in walker.page.text
    assert "This account does not allow payments to other banks." in walker.page.text
    assert "The balance is lower than the payment." in walker.page.text


@on_sqlite
def test_without_a_default_account_the_first_usable_one_is_chosen(app):  # 84
    def turned_round(found):
        return [*reversed(with_accounts(default=False)(found))]

    walker = with_bank(app, FakeBank(accounts=turned_round))
    assert [c.value for c in accounts(walker.page).values() if c.checked] == ["2"]


@on_sqlite
@pytest.mark.parametrize("balance", ["12.40", "0", "-500.01"])
def test_an_account_with_a_low_balance_can_be_used(app, balance):  # 85
    walker = with_bank(app, FakeBank(accounts=with_accounts(balance=Decimal(balance))))
    assert "The balance is lower than the payment." in walker.page.text
    walker.approve("2")
    assert walker.flow().step == "CONSENT"
    assert walker.flow().debit_account["number"] == "44444447/1234"


@on_sqlite
def test_an_account_that_covers_the_payment_exactly_has_no_warning(app):
    walker = with_bank(app, FakeBank(accounts=with_accounts(balance=Decimal("100.00"))))
    assert "The balance is lower than the payment." not in walker.page.text


@on_sqlite
def test_an_account_that_cannot_be_used_is_refused(walker):  # 85
    page = walker.choose("3")
    assert "This account cannot be used for the payment." in page.text
    assert walker.flow().debit_account is None
    assert len(walker.messages()) == 1


@on_sqlite
def test_an_account_that_is_not_the_customer_s_is_refused(walker):
    for account in ("", "4", "999", "\x00", "12345671/1234", "1 "):
        page = walker.choose(account)
        assert "Choose the account to pay from." in page.text
        assert walker.flow().phase == ""
    assert walker.flow().attempts == 0
    assert len(walker.messages()) == 1


@on_sqlite
def test_without_any_account_the_payment_can_only_be_rejected(app):  # 87
    walker = with_bank(app, FakeBank(accounts=lambda _: []))
    assert "There is no account to pay from." in walker.page.text
    buttons = {b.value for form in walker.page.forms for b in form.submits}
    assert buttons == {"cancel"}
    answer = walker.filled("cancel")
    answer["action"], answer["account"] = "continue", "1"
    walker.send(answer)
    assert walker.flow().phase == ""
    assert "You cancelled the request" in walker.press("cancel").text


@on_sqlite
def test_the_account_is_fixed_once_the_approval_has_started(walker):  # 86
    page = walker.choose("2")
    assert walker.flow().debit_account == {
        "id": "2", "number": "44444447/1234", "name": "Joint account",
    }  # fmt: skip
    assert "44444447/1234" in page.text
    assert accounts(page) == {}
    for action in ("continue", "confirm"):
        answer = walker.filled("confirm", account="1", code=walker.wrong_code(), password="test")
        answer["action"] = action
        walker.send(answer)
        assert walker.flow().debit_account["id"] == "2"
    walker.prove()
    assert "44444447/1234" in walker.page.text  # the consent names it too
    walker.agree()
    assert "44444447/1234" in walker.page.text


@on_sqlite
def test_the_approval_page_tells_what_the_message_must_say(walker):
    page = walker.choose()
    text = " ".join(page.text.split())
    assert "to PAY 100 CZK to 238400856/0300" in text
    (message,) = walker.messages()[1:]
    assert "to PAY 100 CZK to 238400856/0300" in message.message_text
    assert "Approve payment of 100.00 CZK" in text


@on_sqlite
def test_the_edited_values_of_a_payment_stand_on_the_page_and_in_the_message(app):  # 68, 146
    walker = Walker(app)
    data = "A1*A1234.5EUR*ICZ6508000000192000145399,GIBACZPX*R/VS123**NFor \\\\ \\*you\\*"
    walker.start_payment(operationData=data)
    walker.log_in()
    text = " ".join(walker.page.text.split())
    for shown in (
        "€1,234.50 (EUR)",
        "CZ65 0800 0000 1920 0014 5399",
        "GIBACZPX",
        "/VS123",
        "For \\ *you*",
    ):
        assert shown in text, shown
    walker.choose()
    message = walker.messages()[-1].message_text
    assert "1234.5 EUR" in message
    assert "CZ6508000000192000145399" in message


@on_sqlite
def test_no_digit_of_an_amount_is_lost(app):
    walker = Walker(app)
    walker.start_payment(operationData="A1*A123456789012345678.123456789CZK*Q238400856/0300")
    walker.log_in()
    assert "123,456,789,012,345,678.123456789 CZK" in walker.page.text
    walker.choose()
    assert "123456789012345678.123456789 CZK" in walker.messages()[-1].message_text


@on_sqlite
def test_the_bank_may_be_silent_for_a_moment(app):
    bank = FakeBank()
    walker = with_bank(app, bank)
    answer = walker.filled("continue", account="1")
    bank.failure = Unavailable("no answer")
    response = walker.post(answer)
    assert response.status_code == 303
    bank.failure = None
    assert "Something went wrong. Please try again." in walker.reload().text
    assert walker.flow().attempts == 0
    assert len(walker.messages()) == 1
    walker.approve()
    assert walker.flow().step == "CONSENT"


@on_sqlite
def test_a_customer_who_was_blocked_meanwhile_gets_no_message(app):
    class Blocking(FakeBank):
        blocked = False

        def user(self, user_id, organization_id):
            user = super().user(user_id, organization_id)
            return replace(user, active=not self.blocked) if user else None

    bank = Blocking()
    walker = with_bank(app, bank)
    bank.blocked = True
    with time_machine.travel(clock.now(), tick=False) as time:
        page = walker.choose()
        assert "We sent an SMS" in page.text
        time.shift(61)
        walker.press("resend")
        assert len(walker.messages()) == 1
        walker.prove("12345678")
    assert "User authentication failed." in walker.page.text
