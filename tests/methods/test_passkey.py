"""Passkeys in the flows: the customer signs on the page what it shows."""

import hashlib
from base64 import urlsafe_b64decode
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from app import clock
from app.store.flows import FlowRecord
from app.store.operations import OperationRow
from app.store.otps import SmsAuthorization
from tests.support.backend import BackEnd
from tests.support.databases import built
from tests.support.store import all_of, on_sqlite, parts_of, put_in, reading
from tests.support.walker import PAYMENT, USER, Walker
from tests.support.walker_passkey import WalkerPasskey, options_of
from tests.support.walker_phone import WalkerPhone

PASSKEY = "Use your security key or passkey"
CONFIRM = "Confirm in your mobile app"
CODE = "Enter your password and SMS code"


@pytest.fixture
def passkey(app):
    return WalkerPasskey(app)


@pytest.fixture
def walker(app, passkey):
    walker = Walker(app)
    walker.start_payment()
    return walker


def challenge_of(operation):
    text = f"webflow.challenge\n{operation.id}\n{operation.data}"
    return hashlib.sha256(text.encode()).digest()


def asked(app):
    """Return what passkeys were asked, the oldest first."""
    rows = sorted(all_of(app, OperationRow), key=lambda row: row.created_at)
    return [row for row in rows if row.kind == "fido2" and row.template != "enrollment"]


def operation_of(walker):
    with reading(walker.app) as session:
        return session.scalars(
            select(OperationRow).where(OperationRow.id == walker.flow().mtoken_operation_id)
        ).one()


def test_a_payment_is_approved_by_the_passkey_alone(app, walker, passkey):
    assert PASSKEY in walker.name().text
    assert urlsafe_b64decode(options_of(walker.page)["challenge"] + "=") == challenge_of(
        operation_of(walker)
    )
    assert "Continue to approval" in passkey.sign(walker).text
    page = walker.choose()
    assert PASSKEY in page.text
    assert "238400856/0300" in page.text
    assert walker.flow().debit_account["number"] in page.text
    operation = operation_of(walker)
    assert operation.data == PAYMENT["operationData"]
    challenge = options_of(page)["challenge"]
    assert urlsafe_b64decode(challenge + "=") == challenge_of(operation)
    passkey.sign(walker)
    walker.agree()
    assert "code" in walker.leave()
    assert all_of(app, SmsAuthorization) == []
    proved = [record.instruments for record in all_of(app, FlowRecord) if record.instruments]
    assert proved == [["HW_TOKEN"], ["HW_TOKEN"]]
    assert [row.status for row in asked(app)] == ["APPROVED", "APPROVED"]


@on_sqlite
def test_two_factors_are_required_and_no_phone_is_asked(app, walker):
    walker.name()
    assert options_of(walker.page)["userVerification"] == "required"
    (operation,) = asked(app)
    assert operation.silent
    bank, flow_id = BackEnd(app), walker.flow().id
    told = bank.detail(flow_id)["history"][-1]
    assert (told["mobileTokenActive"], told["powerAuthOperationId"]) == (False, None)
    for mobile_only, found in ((False, [flow_id]), (True, [])):
        listed = bank("POST", "/user/operation/list", userId=USER, mobileTokenOnly=mobile_only)
        assert [each["operationId"] for each in listed] == found
    bank("PUT", "/operation/mobileToken/status", operationId=flow_id, mobileTokenActive=False)
    assert operation_of(walker).status == "PENDING"


@pytest.mark.parametrize("lie", [{"flags": 0x01}, {"origin": "https://evil.example"}])
def test_a_wrong_answer_is_an_attempt(walker, passkey, lie):
    walker.name()
    page = passkey.sign(walker, **lie)
    assert "The security key or passkey was not accepted." in page.text
    assert "4" in page.text
    assert walker.flow().attempts == 1
    assert operation_of(walker).failures == 1
    assert "Continue to approval" in passkey.sign(walker).text


def test_the_fifth_wrong_answer_ends_the_flow(walker, passkey):
    walker.name()
    for _ in range(5):
        passkey.sign(walker, origin="https://evil.example")
    assert walker.flow().result_reason == "authentication.maxAttemptsExceeded"


@pytest.mark.parametrize("posted", ["x", "null", "{}", '{"id": 1}', "[" * 5000, "9" * 5000])
@on_sqlite
def test_what_is_no_answer_is_an_attempt_too(walker, posted):
    walker.name()
    assert "was not accepted" in walker.press("continue", assertion=posted).text
    assert walker.flow().attempts == 1


@on_sqlite
def test_without_a_script_nothing_is_lost(walker):
    page = walker.name()
    assert "A security key or passkey needs JavaScript." in page.html
    page = walker.press("continue")
    assert "Nothing was signed." in page.text
    assert walker.flow().attempts == 0
    assert CODE in walker.press("sms").text
    walker.prove()
    assert walker.flow().step == "APPROVAL_SCA"


def test_the_passkey_of_another_customer_does_not_work(app, walker):
    stranger = WalkerPasskey(app, "20045678")
    walker.name()
    assert "was not accepted" in stranger.sign(walker).text
    assert walker.flow().step == "LOGIN_SCA"


@on_sqlite
def test_what_was_signed_for_one_payment_approves_no_other(app, walker, passkey):
    walker.name()
    passkey.sign(walker)
    walker.choose()
    answer = passkey.answer(walker)
    other = Walker(app)
    other.start_payment(operationData="A1*A99999CZK*Q238400856/0300**D20170629*NUtility")
    other.name()
    passkey.sign(other)
    other.choose()
    assert "was not accepted" in other.press("continue", assertion=answer).text
    passkey.sign(walker)
    assert walker.flow().step == "CONSENT"


@on_sqlite
def test_another_account_makes_another_question(app, walker, passkey):
    walker.name()
    passkey.sign(walker)
    walker.choose("1")
    first = operation_of(walker)
    with reading(app) as session:
        shown = session.get_one(OperationRow, first.id).form_data
    assert walker.flow().debit_account["number"] in str(shown)
    walker.press("sms")
    with reading(app) as session:
        assert session.get_one(OperationRow, first.id).status == "CANCELED"


# --- beside the phone ----------------------------------------------------------------------------


def test_whoever_has_a_phone_is_asked_there_first(app, walker, passkey):
    phone = WalkerPhone(app)
    page = walker.name()
    assert CONFIRM in page.text
    assert len(phone.pending()) == 1
    page = walker.press("passkey")
    assert PASSKEY in page.text
    assert phone.pending() == []
    assert "Continue to approval" in passkey.sign(walker).text


@on_sqlite
def test_the_phone_is_asked_again_from_the_page_of_the_passkey(app, walker, passkey):
    phone = WalkerPhone(app)
    walker.name()
    with time_machine.travel(clock.now() + timedelta(seconds=16), tick=False):
        walker.press("passkey")  # which is not asking the phone
        assert CONFIRM in walker.press("ask").text
        assert not operation_of(walker).silent
        assert len(phone.pending()) == 1
        phone.approve()
        walker.press("continue")
    assert walker.flow().step == "APPROVAL_SCA"


@on_sqlite
def test_whoever_comes_back_to_the_phone_at_once_waits_for_nothing_and_no_phone_rings(app, walker):
    WalkerPasskey(app)
    phone = WalkerPhone(app)
    walker.name()
    walker.press("passkey")
    page = walker.press("ask")
    assert CONFIRM in page.text
    assert "Please wait" not in page.text
    assert operation_of(walker).silent
    assert "Please wait" in walker.press("ask").text  # as ever on the page of the phone itself
    phone.approve()
    assert "Continue to approval" in walker.press("continue").text


@on_sqlite
def test_a_phone_that_has_answered_already_counts(app, walker):
    phone = WalkerPhone(app)
    walker.name()
    phone.approve()
    assert "Continue to approval" in walker.press("passkey").text


@on_sqlite
def test_what_a_passkey_has_to_sign_is_shown_by_no_code_and_no_phone(app, walker):
    phone = WalkerPhone(app)
    walker.name()
    walker.press("passkey")
    fields = walker.filled("sms")
    fields["action"] = "offline"
    assert PASSKEY in walker.send(fields).text
    assert phone.pending() == []


@on_sqlite
def test_the_switch_of_the_mobile_token_is_not_that_of_passkeys(app, walker, passkey):
    config = {
        "operationName": "authorize_payment_sca",
        "templateVersion": "A",
        "templateId": 1,
        "mobileTokenEnabled": False,
        "mobileTokenMode": "{}",
        "afsEnabled": False,
    }
    answer = app.test_client().put(
        "/powerauth-nextstep/operation/config", json={"requestObject": config}
    )
    assert answer.status_code == 200, answer.text
    phone = WalkerPhone(app)
    page = walker.name()
    assert PASSKEY in page.text
    assert phone.pending() == []
    assert 'value="ask"' not in page.html
    assert "Continue to approval" in passkey.sign(walker).text


@on_sqlite
def test_a_bank_may_offer_no_passkeys(settings):
    fido2 = settings.fido2.model_copy(update={"portal": False})
    with built(settings.model_copy(update={"fido2": fido2})) as app:
        WalkerPasskey(app)
        walker = Walker(app)
        walker.start_payment()
        assert CODE in walker.name().text
        WalkerPhone(app)
        walker = Walker(app)
        walker.start_payment()
        assert 'value="passkey"' not in walker.name().html


@on_sqlite
def test_questions_to_passkeys_make_no_phone_silent(settings):
    mtoken = settings.mtoken.model_copy(update={"requests_per_hour": 1})
    with built(settings.model_copy(update={"mtoken": mtoken})) as app:
        WalkerPasskey(app)
        for _ in range(4):
            walker = Walker(app)
            walker.start_payment()
            walker.name()
        WalkerPhone(app)
        walker = Walker(app)
        walker.start_payment()
        assert CONFIRM in walker.name().text
        assert not operation_of(walker).silent


@on_sqlite
def test_where_passkeys_may_not_be_asked_so_often_a_code_is_sent_instead(settings):
    mtoken = settings.mtoken.model_copy(update={"requests_per_hour": 1})
    with built(settings.model_copy(update={"mtoken": mtoken})) as app:
        WalkerPasskey(app)
        for page in (PASSKEY, PASSKEY, PASSKEY, CODE):
            walker = Walker(app)
            walker.start_payment()
            assert page in walker.name().text


# --- what happens meanwhile --------------------------------------------------------------------


@on_sqlite
def test_a_question_that_is_over_can_be_asked_again(app, walker, passkey):
    walker.name()
    answer = passkey.answer(walker)
    passkey.room.do(lambda s: s.operations.cancel(walker.flow().mtoken_operation_id))
    page = walker.press("continue", assertion=answer)
    assert "The request for your security key or passkey is over." in page.text
    assert PASSKEY in walker.press("passkey").text
    assert "Continue to approval" in passkey.sign(walker).text


@on_sqlite
def test_a_passkey_that_is_removed_meanwhile_approves_nothing(app, walker, passkey):
    walker.name()
    answer = passkey.answer(walker)
    passkey.room.do(lambda s: s.mtoken.registrations.remove(passkey.registration_id))
    page = walker.press("continue", assertion=answer)
    assert walker.flow().step == "LOGIN_SCA"
    assert "data-options" not in page.html
    page = walker.press("passkey")
    assert "You cannot use a security key or passkey now." in page.text
    assert "needs JavaScript" not in page.text
    assert CODE in walker.press("sms").text


def test_whoever_the_bank_blocks_meanwhile_does_not_get_through(app, passkey):
    class Closing:
        """The demo's bank, which blocks everybody at a moment."""

        def __init__(self, bank):
            self.bank, self.is_open = bank, True

        def __getattr__(self, name):
            return getattr(self.bank, name)

        def user(self, user_id, organization_id):
            found = self.bank.user(user_id, organization_id)
            return replace(found, active=found.active and self.is_open)

    closing = Closing(parts_of(app).bank)
    put_in(app, bank=closing)
    walker = Walker(app)
    walker.start_payment()
    walker.name()
    closing.is_open = False
    passkey.sign(walker)
    assert walker.flow().result == "FAILED"
    assert walker.flow().authenticated_at is None
    assert [row.status for row in asked(app)] == ["CANCELED"]


@on_sqlite
def test_whom_the_bank_has_blocked_is_asked_for_no_passkey(app):
    WalkerPasskey(app, "blocked12")
    walker = Walker(app)
    walker.start_payment(userId="blocked12", organizationId="RETAIL")
    assert CODE in walker.page.text
    assert asked(app) == []


@on_sqlite
def test_cancelling_withdraws_the_question(app, walker):
    walker.name()
    walker.press("cancel")
    assert [row.status for row in asked(app)] == ["CANCELED"]


@on_sqlite
def test_the_page_is_the_same_twice_and_asks_nothing_anew(app, walker):
    walker.name()
    first = options_of(walker.page)
    walker.reload()
    assert options_of(walker.reload("?lang=cs"))["challenge"] == first["challenge"]
    assert len(asked(app)) == 1
