"""A phone without a network: it scans what the page shows, and the page takes its digits."""

import re
from datetime import timedelta

import pytest
import time_machine

from app import clock
from app.demo.phone.refusals import PhoneRefused
from app.store.attempts import UserAttempts
from app.store.flows import FlowRecord
from app.store.operations import OperationRecord, OperationRow
from app.store.otps import SmsAuthorization
from tests.support.databases import built
from tests.support.device import change, row_of
from tests.support.store import all_of, on_sqlite, serving
from tests.support.walker import PAYMENT, Walker
from tests.support.walker_phone import WalkerPhone, text_of

SCAN = "Scan the code, then enter what the app shows"
WRONG_DIGITS = "1234 5678 1234 5678"


@pytest.fixture
def phone(app):
    return WalkerPhone(app)


@pytest.fixture
def walker(app, phone):
    """A customer who looks at the code for a sign-in."""
    walker = Walker(app)
    walker.start_payment()
    walker.name()
    walker.press("offline")
    return walker


def registration(app, phone):
    return row_of(app, phone.device.id)


def status_of(app, walker):
    with serving(app, writing=False) as services:
        return services.operations.get(walker.flow().mtoken_operation_id).status


def test_a_payment_is_approved_by_a_phone_without_a_network(app, walker, phone):  # 100, 107
    scanned = phone.scan(walker.page)
    assert (scanned.data, scanned.whose, scanned.flags) == ("A2", "1", "B")
    walker.press("continue", code=phone.digits(walker.page))
    assert walker.flow().step == "APPROVAL_SCA"
    walker.choose()
    page = walker.press("offline")
    assert "238400856/0300" in page.text
    scanned = phone.scan(page)
    assert scanned.data == PAYMENT["operationData"]
    assert "100" in scanned.message
    walker.press("continue", code=phone.digits(page, pin=None))
    walker.agree()
    assert "code" in walker.leave()
    assert all_of(app, SmsAuthorization) == []
    proved = [record.instruments for record in all_of(app, FlowRecord) if record.instruments]
    assert proved == [["POWERAUTH_TOKEN"], ["POWERAUTH_TOKEN"]]
    assert {row.status for row in all_of(app, OperationRow)} == {"APPROVED"}


def test_the_code_has_seven_lines_and_is_signed_for_this_phone(walker, phone):  # 100
    lines = text_of(walker.page).split("\n")
    assert len(lines) == 7
    assert lines[-1].startswith("1")
    assert lines[0] == walker.flow().mtoken_operation_id
    phone.scan(walker.page).check(phone.device.handset.state)


@pytest.mark.parametrize("size", [1, 4, 8, 16])
@pytest.mark.parametrize("words", ["{}", " {}\n", "Kód: {}.", "\t{}"])
def test_the_digits_may_be_written_in_any_form(walker, phone, words, size):  # 101
    digits = phone.digits(walker.page).replace("-", "")
    grouped = " ".join(digits[start : start + size] for start in range(0, 16, size))
    walker.press("continue", code=words.format(grouped))
    assert walker.flow().step == "APPROVAL_SCA"


@pytest.mark.parametrize(
    "text", ["", "1234", "1" * 15, "1" * 17, "x" * 300, "\N{FULLWIDTH DIGIT ONE}" * 16]
)
def test_what_are_not_16_digits_is_no_attempt(app, walker, phone, text):  # 101
    page = walker.press("continue", code=text)
    assert "Fill in all 16 digits that the app shows." in page.text
    assert walker.flow().attempts == 0
    assert registration(app, phone).failed_attempts == 0


def test_wrong_digits_count_and_the_right_ones_still_work(app, walker, phone):  # 102
    page = walker.press("continue", code=WRONG_DIGITS)
    assert "The code from the app was not accepted." in page.text
    assert "Remaining attempts: 4" in page.text
    assert all_of(app, OperationRow)[-1].failures == 1
    assert [row.failures for row in all_of(app, UserAttempts)] == [1]
    walker.press("continue", code=phone.digits(page))
    assert walker.flow().step == "APPROVAL_SCA"
    assert [row.failures for row in all_of(app, UserAttempts)] == [0]


def test_whoever_knows_a_login_number_alone_blocks_no_phone(app, walker, phone):
    for _ in range(5):
        walker.press("continue", code=WRONG_DIGITS)
    assert walker.flow().result_reason == "authentication.maxAttemptsExceeded"
    assert walker.leave()["error"] == "access_denied"
    assert registration(app, phone).state == "ACTIVE"
    assert registration(app, phone).failed_attempts == 0


def test_after_five_wrong_codes_even_right_ones_are_refused_for_a_while(app, walker, phone):
    for _ in range(5):
        walker.press("continue", code=WRONG_DIGITS)
    walker.start_payment()
    walker.name()
    page = walker.press("offline")
    right = phone.digits(page)
    assert "not accepted" in walker.press("continue", code=right).text
    with time_machine.travel(clock.now() + timedelta(minutes=2), tick=False):
        walker.press("continue", code=right)
        assert walker.flow().step == "APPROVAL_SCA"


@pytest.fixture
def approving(app, walker, phone):
    """A customer who has signed in, and looks at the code for the payment."""
    walker.press("continue", code=phone.digits(walker.page))
    walker.choose()
    walker.press("offline")
    return walker


def test_five_wrong_codes_of_a_customer_block_the_phone(app, approving, phone):  # 102, 103
    for left in (4, 3, 2, 1):
        assert f"Remaining attempts: {left}" in approving.press("continue", code=WRONG_DIGITS).text
    assert registration(app, phone).failed_attempts == 4
    approving.press("continue", code=WRONG_DIGITS)
    assert approving.flow().result_reason == "authentication.maxAttemptsExceeded"
    assert registration(app, phone).state == "BLOCKED"


def test_the_attempts_that_a_phone_has_left_are_shown_and_end_it_earlier(app, approving, phone):
    with serving(app) as services:
        row = services.session.get_one(type(registration(app, phone)), phone.device.id)
        row.failed_attempts = 3
        services.commit()
    assert "Remaining attempts: 1" in approving.press("continue", code=WRONG_DIGITS).text
    approving.press("continue", code=WRONG_DIGITS)
    assert approving.flow().result == "FAILED"
    assert registration(app, phone).state == "BLOCKED"


def test_the_same_digits_are_good_once(app, walker, phone):
    digits = phone.digits(walker.page)
    twin = walker.double()
    walker.press("continue", code=digits)
    assert walker.flow().step == "APPROVAL_SCA"
    walker.choose()
    walker.press("offline")
    assert "not accepted" in walker.press("continue", code=digits).text
    twin.post(twin.filled("continue", code=digits))
    assert walker.flow().step == "APPROVAL_SCA"


def test_digits_of_another_code_are_refused(walker, phone):  # 109
    digits = phone.digits(walker.page)
    walker.press("offline")  # a new nonce
    assert "not accepted" in walker.press("continue", code=digits).text


def test_nonce_and_phone_are_those_of_the_server(app, walker, phone):  # 109
    other = WalkerPhone(app, name="iPhone 15")
    old = phone.scan(walker.page)
    walker.press("offline")
    given = {
        "nonce": old.nonce,
        "registration_id": phone.device.id,
        "activationId": other.device.id,
    }
    digits = old.approve(phone.device.handset.state, "2468")
    walker.press("continue", code=digits, **given)
    assert walker.flow().step == "LOGIN_SCA"
    assert registration(app, other).failed_attempts == 0


def test_the_phone_is_chosen_among_several(app, walker, phone):
    other = WalkerPhone(app, name="iPhone 15")
    page = walker.reload()
    assert "iPhone 15" in page.text
    assert "not an operation of this portal" in refusal(other, page)
    assert other.device.id not in page.html
    option = re.search(r'<option value="(\w+)">\s*iPhone 15', page.html)[1]
    page = walker.press("offline", device=option)
    walker.press("continue", code=other.digits(page))
    assert walker.flow().step == "APPROVAL_SCA"


def test_a_phone_of_somebody_else_cannot_be_chosen(app, walker, phone):
    stranger = WalkerPhone(app, user="someoneelse")
    page = walker.press("offline", device=stranger.device.id)
    assert "not an operation of this portal" in refusal(stranger, page)
    phone.scan(page).check(phone.device.handset.state)


def test_the_phone_that_was_used_last_is_taken_first(app, phone):
    WalkerPhone(app, name="iPhone 15")
    walker = Walker(app)
    walker.start_payment()
    walker.name()
    phone.approve()
    walker.press("continue")
    walker.choose()
    page = walker.press("offline")
    phone.scan(page).check(phone.device.handset.state)


def test_a_phone_that_is_blocked_meanwhile_ends_the_step(app, walker, phone):  # 103
    digits = phone.digits(walker.page)
    change(app, "block", phone.device.id)
    walker.press("continue", code=digits)
    assert walker.flow().result == "FAILED"
    assert walker.flow().result_reason == "operation.methodNotAvailable"
    assert "The phone cannot be used any more." in walker.reload().text
    assert {row.status for row in all_of(app, OperationRow)} == {"CANCELED"}


def test_the_page_of_a_blocked_phone_shows_no_code(app, walker, phone):
    change(app, "block", phone.device.id)
    page = walker.reload()
    assert "qr-text" not in page.html
    assert "This phone cannot confirm anything now." in page.text
    assert "Having trouble?" in page.text
    walker.press("continue")
    assert walker.flow().result_reason == "operation.methodNotAvailable"


def test_another_phone_takes_the_place_of_a_blocked_one(app, walker, phone):
    other = WalkerPhone(app, name="iPhone 15")
    change(app, "block", phone.device.id)
    page = walker.reload()
    main = re.search(r'<button class="button"\s+type="submit"[^>]*value="(\w+)"', page.html)[1]
    page = walker.press(main)
    walker.press("continue", code=other.digits(page))
    assert walker.flow().step == "APPROVAL_SCA"


@on_sqlite
def test_a_code_whose_time_is_over_can_be_made_anew(app, walker, phone):
    with serving(app) as services:
        services.operations.cancel(walker.flow().mtoken_operation_id)
        services.commit()
    page = walker.reload()
    assert "This QR code is no longer valid." in page.text
    page = walker.press("offline")
    walker.press("continue", code=phone.digits(page))
    assert walker.flow().step == "APPROVAL_SCA"


def test_a_phone_that_is_online_after_all_confirms(walker, phone):
    phone.approve()
    page = walker.reload()
    assert "Confirmed in the app. Continue here." in page.text
    walker.press("continue")
    assert walker.flow().step == "APPROVAL_SCA"


def test_a_rejection_on_the_phone_ends_the_flow(walker, phone):
    phone.reject()
    walker.press("continue", code=WRONG_DIGITS)
    assert (walker.flow().result, walker.flow().canceled) == ("FAILED", True)


def test_the_ways_around_it_lead_on(app, walker, phone):
    assert "Please wait a moment" in walker.press("ask").text
    with time_machine.travel(clock.now() + timedelta(seconds=16), tick=False):
        assert "Confirm in your mobile app" in walker.press("ask").text
    assert walker.flow().offline is None
    walker.press("offline")
    assert "Enter your password and SMS code" in walker.press("sms").text
    assert phone.pending() == []
    walker.prove()
    assert walker.flow().step == "APPROVAL_SCA"


def test_looking_twice_changes_nothing(app, walker, phone):
    before = walker.state_of_things()
    walker.reload()
    assert "Naskenujte" in walker.reload("?lang=cs").text
    assert walker.state_of_things() == before


def test_an_answer_of_another_tab_is_out_of_date_and_counts_nothing(app, walker, phone):
    tab = walker.double()
    walker.press("offline")
    page = tab.press("continue", code=WRONG_DIGITS)
    assert "This page was out of date." in page.text
    assert registration(app, phone).failed_attempts == 0


def test_a_customer_whom_the_bank_blocks_meanwhile_does_not_get_through(app, walker, phone):
    digits = phone.digits(walker.page)
    with serving(app) as services:
        flow = services.session.get_one(type(walker.flow()), walker.flow().id)
        flow.account_status = "NOT_ACTIVE"
        services.commit()
    walker.press("continue", code=digits)
    assert walker.flow().step in ("LOGIN_SCA", None)
    assert walker.flow().authenticated_at is None


@on_sqlite
def test_without_the_setting_there_is_no_code(settings):
    mtoken = settings.mtoken.model_copy(update={"offline": False})
    with built(settings.model_copy(update={"mtoken": mtoken})) as app:
        WalkerPhone(app)
        walker = Walker(app)
        walker.start_payment()
        assert "QR" not in walker.name().text
        fields = walker.filled("ask")
        fields["action"] = "offline"
        walker.post(fields)
        assert walker.flow().phase == "token"


@on_sqlite
def test_an_approval_is_told_once_and_names_the_phone(app, walker, phone):
    walker.press("continue", code=phone.digits(walker.page))
    told = [r for r in all_of(app, OperationRecord) if r.status == "APPROVED"]
    assert [r.registration_id for r in told] == [phone.device.id]


@on_sqlite
def test_the_code_dies_with_the_flow(app, walker, phone):
    digits = phone.digits(walker.page)
    with time_machine.travel(clock.now() + timedelta(minutes=6), tick=False):
        walker.post(walker.filled("continue", code=digits))
        assert walker.flow().result == "FAILED"
        assert status_of_last(app) != "APPROVED"


def status_of_last(app):
    return all_of(app, OperationRow)[-1].status


def refusal(phone, page):
    with pytest.raises(PhoneRefused) as refused:
        phone.digits(page)
    return str(refused.value)
