"""From the page with the code back to the phone or the passkey that was asked before it."""

from datetime import timedelta

import pytest
import time_machine

from app import clock
from app.store.operations import OperationRow
from app.store.otps import SmsAuthorization
from tests.support.databases import built
from tests.support.store import all_of, on_sqlite, serving
from tests.support.walker import Walker
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
    return walker.send(walker.filled("confirm") | {"action": action, "password": "", "code": ""})


def test_the_phone_confirms_after_all(app, walker, phone):
    walker.name()
    page = walker.press("sms")
    assert TO_THE_PHONE in page.text
    assert TO_A_PASSKEY not in page.text
    assert PHONE in walker.press("ask").text
    phone.approve()
    walker.press("continue")
    page = walker.choose()
    walker.press("sms")
    assert PHONE in walker.press("ask").text
    (payment,) = phone.pending()
    assert payment["name"] == "authorize_payment"
    phone.approve()
    walker.press("continue")
    assert walker.flow().step == "CONSENT"
    assert [row.verified for row in messages(app)] == [False, False]


def test_whoever_comes_back_at_once_makes_no_phone_ring(app, walker, phone):
    walker.name()
    walker.press("sms")
    assert PHONE in walker.press("ask").text
    assert sorted(row.silent for row in all_of(app, OperationRow)) == [False, True]
    assert len(phone.pending()) == 1
    assert "Please wait" in walker.press("ask").text  # as ever on the page of the phone itself


def test_the_code_that_has_just_gone_out_works_when_its_page_comes_back(app, walker, phone):
    walker.name()
    walker.press("sms")
    walker.press("ask")
    page = walker.press("sms")
    assert CODE in page.text
    assert "We sent a new code" not in page.text
    assert len(messages(app)) == 1
    assert phone.pending() == []
    walker.prove()
    assert walker.flow().step == "APPROVAL_SCA"


def test_later_another_code_is_sent_and_the_first_is_over(app, walker):
    walker.name()
    walker.press("sms")
    walker.press("ask")
    with later(minutes=2):
        assert CODE in walker.press("sms").text
        assert len(messages(app)) == 2
        assert messages(app)[0].timestamp_replaced is not None
        walker.prove()
    assert walker.flow().step == "APPROVAL_SCA"


def test_the_code_is_over_when_the_phone_has_confirmed(app, walker, phone):
    walker.name()
    walker.press("sms")
    walker.press("ask")
    phone.approve()
    walker.press("continue")
    (message,) = messages(app)
    assert message.timestamp_replaced is not None


def test_a_phone_without_a_network_is_one_of_the_ways(walker, phone):
    walker.name()
    assert OFFLINE in walker.press("sms").text
    page = walker.press("offline")
    digits = phone.digits(page)
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
    assert walker.flow().phase == "sms"


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
        for _ in range(2):
            walker.press("sms")
            assert PHONE in walker.press("ask").text
        walker.press("sms")
        page = walker.press("ask")
        assert "We cannot ask your phone now." in page.text
        assert CODE in page.text
        assert phone.pending() == []
        assert len(messages(app)) == 1
        walker.prove()
        assert walker.flow().step == "APPROVAL_SCA"
