"""From the page with the code back to the phone or the passkey that was asked before it."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine

from app import clock
from app.store.operations import OperationRow
from app.store.otps import SmsAuthorization
from tests.support.backend import BackEnd
from tests.support.banks import FakeBank
from tests.support.databases import built
from tests.support.store import all_of, on_sqlite, put_in, serving
from tests.support.walker import USER, Walker
from tests.support.walker_passkey import WalkerPasskey
from tests.support.walker_phone import WalkerPhone

pytestmark = on_sqlite
CODE = "Enter your password and SMS code"
PHONE = "Confirm in your mobile app"
OFFLINE = "Use a QR code (phone is offline)"
PASSKEY = "Use your security key or passkey"
TO_THE_PHONE = "Confirm in the app (phone is online)"
TO_A_PASSKEY = "Use a security key or passkey"
WAYS = (TO_THE_PHONE, OFFLINE, TO_A_PASSKEY)


@pytest.fixture
def phone(app):
    return WalkerPhone(app)


@pytest.fixture
def walker(app, phone):
    walker = Walker(app)
    walker.start_payment()
    return walker


def later(**time):
    return time_machine.travel(clock.now() + timedelta(**time), tick=False)


def messages(app):
    return sorted(all_of(app, SmsAuthorization), key=lambda row: row.timestamp_created)


def demand(walker, action):
    """Press what the page does not have."""
    fields = walker.filled("confirm", password="", code="")
    fields["action"] = action
    return walker.send(fields)


def test_the_phone_confirms_after_all(app, walker, phone):
    walker.name()
    page = walker.press("sms")
    assert [way for way in WAYS if way in page.text] == [TO_THE_PHONE, OFFLINE]
    with later(seconds=16):
        assert PHONE in walker.press("ask").text
        phone.approve()
        walker.press("continue")
        walker.choose()
        walker.press("sms")
    with later(seconds=32):
        assert PHONE in walker.press("ask").text
        (payment,) = phone.pending()
        assert payment["name"] == "authorize_payment"
        phone.approve()
        walker.press("continue")
    assert walker.flow().step == "CONSENT"
    assert [row.verified for row in messages(app)] == [False, False]


@pytest.mark.parametrize("action", ["ask", "offline"])
def test_whoever_comes_back_at_once_waits_as_on_the_page_of_the_phone(app, walker, phone, action):
    walker.name()
    walker.press("sms")
    for _ in range(3):
        page = walker.press(action)
        assert "Please wait a moment before you ask the phone again." in page.text
        assert CODE in page.text
    assert len(all_of(app, OperationRow)) == 1
    assert phone.pending() == []
    with later(seconds=16):
        walker.press(action)
        assert len(phone.pending()) == 1


def test_a_code_that_is_still_good_is_followed_by_no_other(app, walker, phone):
    walker.name()
    walker.press("sms")
    with later(minutes=4):
        walker.press("ask")
        page = walker.press("sms")
        assert CODE in page.text
        assert "We sent a new code" not in page.text
        assert len(messages(app)) == 1
        assert phone.pending() == []
        walker.prove()
    assert walker.flow().step == "APPROVAL_SCA"


def test_where_the_code_has_ended_another_one_is_sent_and_the_page_says_so(settings):
    sms = settings.sms.model_copy(update={"code_lifetime": timedelta(minutes=1)})
    with built(settings.model_copy(update={"sms": sms})) as app:
        walker, _ = Walker(app), WalkerPhone(app)
        walker.start_payment()
        walker.name()
        walker.press("sms")
        with later(seconds=61):
            walker.press("ask")
            page = walker.press("sms")
            assert "We sent a new code. The old one no longer works." in page.text
            first, second = messages(app)
            assert first.timestamp_replaced is not None
            walker.prove(code=second.authorization_code)
        assert walker.flow().step == "APPROVAL_SCA"


def test_the_code_is_over_when_the_phone_has_confirmed(app, walker, phone):
    walker.name()
    walker.press("sms")
    with later(seconds=16):
        walker.press("ask")
        phone.approve()
        walker.press("continue")
    (message,) = messages(app)
    assert message.timestamp_replaced is not None


def test_a_phone_without_a_network_is_one_of_the_ways(walker, phone):
    walker.name()
    walker.press("sms")
    with later(seconds=16):
        digits = phone.digits(walker.press("offline"))
        walker.press("continue", code=digits)
    assert walker.flow().step == "APPROVAL_SCA"


def test_a_passkey_is_one_of_the_ways(app, walker):
    passkey = WalkerPasskey(app)
    walker.name()
    assert TO_A_PASSKEY in walker.press("sms").text
    assert PASSKEY in walker.press("passkey").text
    assert "Continue to approval" in passkey.sign(walker).text


def test_whoever_has_a_passkey_alone_is_led_to_it_alone(app):
    passkey, walker = WalkerPasskey(app), Walker(app)
    walker.start_payment()
    walker.name()
    page = walker.press("sms")
    assert [way for way in WAYS if way in page.text] == [TO_A_PASSKEY]
    walker.press("passkey")
    assert "Continue to approval" in passkey.sign(walker).text


@pytest.mark.parametrize(
    ("said", "text"), [("approve", "Continue to approval"), ("reject", "not sent")]
)
def test_what_the_phone_has_said_counts_before_a_code_is_sent(app, walker, phone, said, text):
    walker.name()
    assert getattr(phone, said)().status_code == 200
    assert text in walker.press("sms").text
    assert messages(app) == []


@pytest.mark.parametrize("action", ["ask", "offline", "passkey"])
@pytest.mark.parametrize("username", ["user1", "nobody-has-it"])
def test_nobody_is_led_to_a_phone_who_was_not_asked_there(app, username, action):
    walker = Walker(app)
    walker.start_payment()
    page = walker.name(username)
    assert [way for way in WAYS if way in page.text] == []
    assert "Having trouble?" not in page.text
    page = demand(walker, action)
    assert CODE in page.text
    assert all_of(app, OperationRow) == []
    assert walker.flow().problem["code"] == "out_of_date"


@pytest.mark.parametrize("action", ["ask", "offline", "passkey"])
def test_whom_the_bank_has_blocked_is_led_to_no_phone(app, action):
    phone, walker = WalkerPhone(app, user="blocked12"), Walker(app)
    WalkerPasskey(app, user="blocked12")
    before = len(all_of(app, OperationRow))
    page = walker.start_payment(userId="blocked12", organizationId="RETAIL")
    assert [way for way in WAYS if way in page.text] == []
    assert CODE in demand(walker, action).text
    assert phone.pending() == []
    assert len(all_of(app, OperationRow)) == before


def test_a_phone_that_is_blocked_meanwhile_is_no_way(app, walker, phone):
    walker.name()
    walker.press("sms")
    with serving(app) as services:
        services.mtoken.registrations.block(phone.device.id)
        services.commit()
    assert TO_THE_PHONE not in walker.reload().text
    assert CODE in demand(walker, "ask").text
    walker.prove()
    assert walker.flow().step == "APPROVAL_SCA"


def test_where_phones_may_not_be_asked_so_often_the_code_stays(settings):
    mtoken = settings.mtoken.model_copy(update={"requests_per_hour": 1})
    with built(settings.model_copy(update={"mtoken": mtoken})) as app:
        phone, walker = WalkerPhone(app), Walker(app)
        walker.start_payment()
        walker.name()
        for seconds in (16, 32):
            walker.press("sms")
            with later(seconds=seconds):
                assert PHONE in walker.press("ask").text
        walker.press("sms")
        with later(seconds=48):
            page = walker.press("ask")
        assert "We cannot ask your phone now." in page.text
        assert CODE in page.text
        assert phone.pending() == []
        assert len(messages(app)) == 1
        walker.prove()
        assert walker.flow().step == "APPROVAL_SCA"


@pytest.mark.parametrize("action", ["ask", "offline", "passkey"])
def test_another_user_in_the_flow_has_no_way_back(app, walker, action):
    phone = WalkerPhone(app, user="blocked12")
    WalkerPasskey(app, user="blocked12")
    walker.name()
    walker.press("sms")
    named = {"operationId": walker.flow().id, "userId": "blocked12", "organizationId": "RETAIL"}
    BackEnd(app)("PUT", "/operation/user", **named)
    page = walker.reload()
    assert CODE in page.text
    assert [way for way in WAYS if way in page.text] == []
    with later(seconds=16):
        assert CODE in demand(walker, action).text
    assert phone.pending() == []


def test_the_code_of_one_user_is_not_kept_for_the_next(app, walker):
    WalkerPhone(app, user="john1234")
    walker.name()
    walker.press("sms")
    named = {"operationId": walker.flow().id, "userId": "john1234", "organizationId": "RETAIL"}
    BackEnd(app)("PUT", "/operation/user", **named)
    assert PHONE in walker.reload().text
    walker.press("sms")
    first, second = messages(app)
    assert first.timestamp_replaced is not None
    assert (first.user_id, second.user_id) == (USER, "john1234")


class Blocking(FakeBank):
    """A bank that blocks everybody at some moment."""

    has_blocked = False

    def user(self, user_id, organization_id):
        found = super().user(user_id, organization_id)
        return replace(found, active=False) if found and self.has_blocked else found


@pytest.mark.parametrize("action", ["ask", "offline", "passkey"])
def test_whom_the_bank_blocks_meanwhile_is_asked_nowhere(app, action):
    bank = Blocking()
    put_in(app, bank=bank)
    phone, walker = WalkerPhone(app), Walker(app)
    WalkerPasskey(app)
    walker.start_payment()
    walker.name()
    walker.press("sms")
    bank.has_blocked = True
    with later(seconds=16):
        before = len(all_of(app, OperationRow))
        assert "We cannot ask your phone now." in walker.press(action).text
    assert phone.pending() == []
    assert len(all_of(app, OperationRow)) == before


def test_whom_the_bank_blocks_before_the_code_has_no_way_back(app):
    bank, phone, walker = Blocking(), WalkerPhone(app), Walker(app)
    put_in(app, bank=bank)
    walker.start_payment()
    walker.name()
    bank.has_blocked = True
    page = walker.press("sms")
    assert CODE in page.text
    assert [way for way in WAYS if way in page.text] == []
    assert phone.pending() == []


def test_a_phone_that_a_back_end_has_stopped_asking_is_asked_again_at_once(app, walker, phone):
    walker.name()
    stopped = {"operationId": walker.flow().id, "mobileTokenActive": False}
    BackEnd(app)("PUT", "/operation/mobileToken/status", **stopped)
    walker.reload()
    assert "Please wait" not in walker.press("ask").text
    assert len(phone.pending()) == 1


def test_whom_the_bank_blocks_before_the_approval_gets_neither_phone_nor_way_back(app):
    bank = Blocking()
    put_in(app, bank=bank)
    phone, walker = WalkerPhone(app), Walker(app)
    walker.start_payment()
    walker.name()
    phone.approve()
    walker.press("continue")
    bank.has_blocked = True
    page = walker.choose()
    assert [way for way in WAYS if way in page.text] == []
    with later(seconds=16):
        demand(walker, "ask")
    assert phone.pending() == []
