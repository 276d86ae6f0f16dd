"""The demo phone in front of a portal of processes: everything that its person may do."""

import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from app.demo.phone.mobile import BIOMETRY, Approval, knowledge
from app.demo.phone.shop import Shop, Wish
from app.demo.phone.signing import POSSESSION
from app.demo.phone.troubles import (
    Declined,
    Ended,
    Forged,
    NotUnderstood,
    SwitchedOff,
    Trouble,
    Unreachable,
    Unusable,
    WrongPin,
)
from tests.support.back_office import BackOffice
from tests.support.mobile import PIN, MobilePhone, app_of

KNOWLEDGE = knowledge(PIN)
WRONG = knowledge("0000")


@pytest.fixture(scope="module")
def portal(tiers):
    return tiers.shared("embedded")


@pytest.fixture
def user():
    return f"user{os.urandom(4).hex()}"


@pytest.fixture
def mobile(portal, user):
    return MobilePhone(portal, user)


@pytest.fixture
def bank(portal):
    return BackOffice(portal)


def approve(mobile, operation, proof=KNOWLEDGE, number=""):
    mobile.phone.approve(Approval(operation.id, operation.data, proof, number))


def move_clock(portal, offset):
    httpx2.post(f"{portal.address}/demo/clock", json={"offset": offset}, trust_env=False)


def test_a_new_phone_waits_for_the_bank_and_then_knows_whose_it_is(portal, user):
    mobile = MobilePhone(portal, user, let_in=False)
    with pytest.raises(Unusable) as refused:
        mobile.pending()
    assert refused.value.standing == "PENDING_COMMIT"
    mobile.bank.commit(mobile.registration_id)
    assert mobile.pending() == []
    assert mobile.phone.kept.user == user


def test_a_payment_is_shown_with_amount_and_payee_and_approved_by_pin(mobile, bank, user):
    asked = bank.ask(user)
    (operation,) = mobile.pending()
    assert (operation.id, operation.data) == (asked["operationId"], asked["data"])
    assert operation.amount.value == "63.99"
    assert operation.amount.currency == "EUR"
    assert operation.payee.value.replace(" ", "").startswith("CZ55")
    assert mobile.phone.detail(operation.id) == operation
    approve(mobile, operation)
    assert bank.state_of(operation.id)["status"] == "APPROVED"
    assert mobile.pending() == []


def test_a_second_click_changes_nothing_and_uses_no_code(mobile, bank, user):
    bank.ask(user)
    (operation,) = mobile.pending()
    approve(mobile, operation)
    before = mobile.phone.kept.state.counter
    approve(mobile, operation)
    assert mobile.phone.kept.state.counter == before
    with pytest.raises(Ended):
        mobile.phone.reject(operation.id)


def test_of_two_tabs_at_once_neither_loses_a_step_of_the_counter(mobile, bank, user):
    operations = [bank.ask(user)["operationId"] for _ in range(6)]
    shown = {each.id: each for each in mobile.pending()}
    with ThreadPoolExecutor(6) as tabs:
        list(tabs.map(lambda each: approve(mobile, shown[each], BIOMETRY), operations))
    assert {bank.state_of(each)["status"] for each in operations} == {"APPROVED"}


def test_a_rejection_carries_its_reason_and_takes_no_pin(mobile, bank, user):
    bank.ask(user)
    (operation,) = mobile.pending()
    with pytest.raises(Trouble, match="UNEXPECTED_OPERATION"):
        mobile.phone.reject(operation.id, "BECAUSE")
    mobile.phone.reject(operation.id, "INCORRECT_DATA")
    state = bank.state_of(operation.id)
    assert state["status"] == "REJECTED"
    assert state["additionalData"]["rejectReason"] == "INCORRECT_DATA"


def test_other_data_than_the_operations_are_not_approved(mobile, bank, user):
    bank.ask(user)
    (operation,) = mobile.pending()
    with pytest.raises(Declined, match="did not accept"):
        mobile.phone.approve(Approval(operation.id, operation.data + "0", KNOWLEDGE))
    assert bank.state_of(operation.id)["status"] == "PENDING"


def test_a_phone_alone_is_not_enough_for_a_payment(mobile, bank, user):
    bank.ask(user)
    (operation,) = mobile.pending()
    assert not operation.asks_nothing
    with pytest.raises(Declined, match="does not accept this kind"):
        approve(mobile, operation, POSSESSION)


def test_wrong_pins_are_counted_down_until_the_phone_is_blocked_and_the_bank_lets_it_in_again(
    mobile, bank
):
    for remaining in (4, 3, 2, 1):
        with pytest.raises(WrongPin) as wrong:
            mobile.phone.history(WRONG)
        assert wrong.value.remaining == remaining
    with pytest.raises(Unusable, match="wrong too often"):
        mobile.phone.history(WRONG)
    with pytest.raises(Unusable, match="blocked"):
        mobile.phone.history(KNOWLEDGE)
    bank.change(mobile.registration_id, "UNBLOCK")
    assert mobile.phone.history(KNOWLEDGE) == []


@pytest.mark.parametrize(("change", "standing"), [("BLOCK", "BLOCKED"), ("REMOVE", "REMOVED")])
def test_what_the_bank_does_to_the_phone_is_noticed_at_the_next_look(
    mobile, bank, change, standing
):
    assert mobile.pending() == []
    bank.change(mobile.registration_id, change)
    with pytest.raises(Unusable):
        mobile.pending()
    assert mobile.phone.kept.standing == standing


def test_an_operation_that_has_ended_is_told_so(mobile, bank, user):
    bank.ask(user)
    (operation,) = mobile.pending()
    bank.cancel(operation.id)
    with pytest.raises(Ended, match="canceled"):
        approve(mobile, operation)
    with pytest.raises(Ended, match="canceled"):
        mobile.phone.detail(operation.id)
    with pytest.raises(Ended, match="no such operation"):
        mobile.phone.detail("nothing")


def test_an_operation_whose_time_is_over_is_told_so(portal, mobile, bank, user):
    bank.ask(user)
    (operation,) = mobile.pending()
    try:
        move_clock(portal, "PT20M")
        with pytest.raises(Ended, match="time of this operation is over"):
            approve(mobile, operation)
        assert mobile.pending() == []
    finally:
        move_clock(portal, "PT0S")


def test_the_number_of_the_page_is_needed_where_the_operation_asks_for_it(mobile, bank, user):
    asked = bank.ask(user, proximityCheckEnabled=True)
    (operation,) = mobile.pending()
    assert operation.needs_number
    number = asked["proximityOtp"]
    wrong = str(int(number) ^ 1).rjust(len(number), "0")
    with pytest.raises(Declined, match="did not accept"):
        approve(mobile, operation, number=wrong)
    with pytest.raises(Trouble, match="another operation"):
        approve(mobile, operation, number=f"https://x.example/?oid=other&totp={number}")
    approve(mobile, operation, number=f"https://x.example/?oid={operation.id}&totp={number}")
    assert bank.state_of(operation.id)["status"] == "APPROVED"


def test_an_operation_of_nobody_is_claimed(mobile, bank):
    operation_id = bank.ask(None)["operationId"]
    assert mobile.phone.claim(operation_id).id == operation_id
    (mine,) = mobile.pending()
    assert mine.id == operation_id


def test_the_history_takes_two_factors_and_shows_what_was_answered(mobile, bank, user):
    bank.ask(user, "login")
    (operation,) = mobile.pending()
    approve(mobile, operation, BIOMETRY)
    (past,) = mobile.phone.history(BIOMETRY)
    assert (past.id, past.status) == (operation.id, "APPROVED")
    with pytest.raises(Declined):
        mobile.phone.history(POSSESSION)


def test_a_phone_is_renamed_here_and_at_the_portal(mobile, bank):
    mobile.shop.rename(mobile.phone, "  My  phone ", KNOWLEDGE)
    assert mobile.phone.kept.name == "My phone"
    assert bank.name_of(mobile.registration_id) == "My phone"


def test_a_phone_that_removes_itself_is_gone_on_both_sides(mobile, bank):
    mobile.phone.remove()
    assert mobile.shop.all() == []
    with pytest.raises(Trouble, match="no such phone"):
        mobile.pending()


def test_pushes_reach_the_phone_after_it_has_said_where(mobile):
    address = mobile.phone.register_push()
    assert mobile.phone.register_push() == address
    assert mobile.phone.register_push("apns", "another") == "another"


def test_a_phone_that_is_switched_off_asks_nobody(mobile):
    mobile.phone.switch(online=False)
    for do in (mobile.pending, mobile.phone.sync, lambda: mobile.phone.history(KNOWLEDGE)):
        with pytest.raises(SwitchedOff):
            do()
    assert mobile.phone.kept.state.counter == 0
    mobile.phone.switch(online=True)
    assert mobile.pending() == []


def test_a_counter_that_the_portal_has_moved_is_caught_up(mobile):
    """As after a restored backup of the phone."""
    assert mobile.pending() == []
    backup = mobile.phone.kept
    mobile.phone.history(KNOWLEDGE)
    mobile.phone.history(KNOWLEDGE)
    mobile.shop.drawer.write(backup)
    assert mobile.phone.sync().state.counter == backup.state.counter + 2
    assert mobile.phone.history(KNOWLEDGE) == []


def test_counters_that_never_meet_again_are_told(mobile):
    kept = mobile.phone.sync()
    for _ in range(30):
        kept.state.move()
    mobile.shop.drawer.write(kept)
    assert mobile.phone.sync().standing == "OUT_OF_STEP"
    with pytest.raises(Unusable, match="lost count"):
        mobile.phone.history(KNOWLEDGE)


def test_the_portals_clock_may_be_moved(portal, mobile):
    assert mobile.pending() == []
    try:
        for offset in ("PT3H", "PT0S"):
            move_clock(portal, offset)
            assert mobile.pending() == []
            mobile.phone.rename(f"At {offset}", KNOWLEDGE)
    finally:
        move_clock(portal, "PT0S")


def test_a_code_works_once_and_only_with_a_pin_of_digits_and_a_free_name(portal, user, tmp_path):
    bank, shop, app = BackOffice(portal), Shop(tmp_path), app_of(portal)
    _, qr = bank.register(user)
    with pytest.raises(Trouble, match="4 to 32 digits"):
        shop.pair(Wish(app, qr, "12"))
    typed = qr.partition("#")[0].lower().replace("-", " ")
    assert shop.pair(Wish(app, typed, PIN)).kept.name == "Pixel 8"
    with pytest.raises(Declined, match="does not take this code"):
        shop.pair(Wish(app, qr, PIN))
    _, another = bank.register(user)
    with pytest.raises(Trouble, match="already"):
        shop.pair(Wish(app, another, PIN, name="pixel 8"))
    assert shop.pair(Wish(app, another, PIN)).kept.name == "iPhone 15"


def test_a_qr_code_of_somebody_else_is_refused_before_anything_is_sent(portal, user, tmp_path):
    _, qr = BackOffice(portal).register(user)
    _, other = BackOffice(portal).register(user)
    mixed = qr.partition("#")[0] + "#" + other.partition("#")[2]
    shop = Shop(tmp_path)
    with pytest.raises(Forged):
        shop.pair(Wish(app_of(portal), mixed, PIN))
    assert shop.pair(Wish(app_of(portal), qr, PIN))


def test_a_one_time_password_of_the_bank_is_passed_on(portal, user, tmp_path):
    bank, shop, app = BackOffice(portal), Shop(tmp_path), app_of(portal)
    _, qr = bank.register(user, otp="s3cret", commitPhase="ON_KEY_EXCHANGE")
    with pytest.raises(Declined):
        shop.pair(Wish(app, qr, PIN))
    mobile = shop.pair(Wish(app, qr, PIN, otp="s3cret"))
    assert mobile.sync().standing == "ACTIVE"


def test_a_phone_is_a_file_that_its_owner_alone_reads_and_another_process_goes_on_with(
    mobile, bank, user
):
    bank.ask(user)
    folder = mobile.folder
    (file,) = folder.glob("*.json")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = Shop(folder).named("Pixel 8")
    (operation,) = again.pending()
    again.approve(Approval(operation.id, operation.data, KNOWLEDGE))
    assert bank.state_of(operation.id)["status"] == "APPROVED"
    assert "2468" not in file.read_text()


def test_a_portal_that_is_not_there_costs_no_step_of_the_counter(mobile):
    mobile.pending()
    kept = mobile.phone.kept
    kept.address = "http://127.0.0.1:1/enrollment-server"
    mobile.shop.drawer.write(kept)
    lost = mobile.shop.phone(kept.id)
    for _ in range(30):
        with pytest.raises(Unreachable, match="lost") as refused:
            lost.history(KNOWLEDGE)
        assert not refused.value.left
    assert lost.kept.state.counter == kept.state.counter


def test_the_step_is_written_before_the_request_leaves_and_stays_when_no_answer_comes(
    mobile, httpserver
):
    kept = mobile.phone.sync()
    kept.address = httpserver.url_for("/enrollment-server")
    mobile.shop.drawer.write(kept)
    written = []

    def look(_request):
        written.append(mobile.shop.drawer.find(kept.id).state.counter)
        raise ConnectionResetError

    httpserver.expect_request("/enrollment-server/api/auth/token/app/operation/history") \
        .respond_with_handler(look)  # fmt: skip
    with pytest.raises((Unreachable, NotUnderstood)):
        mobile.shop.phone(kept.id).history(KNOWLEDGE)
    httpserver.clear()
    assert written == [kept.state.counter + 1]
    assert mobile.shop.drawer.find(kept.id).state.counter == kept.state.counter + 1


@pytest.mark.parametrize("body", ["<html>", "[]", "{}", json.dumps({"responseObject": [{}]})])
def test_what_is_no_answer_of_a_portal_is_told(mobile, httpserver, body):
    kept = mobile.phone.kept
    mobile.pending()
    kept = mobile.phone.kept
    kept.address = httpserver.url_for("")
    mobile.shop.drawer.write(kept)
    httpserver.expect_request("/pa/v3/status").respond_with_json(
        {"status": "OK", "responseObject": {"serverTime": 1_795_337_711_000}}
    )
    httpserver.expect_request("/api/auth/token/app/operation/list").respond_with_data(body)
    with pytest.raises(NotUnderstood):
        mobile.shop.phone(kept.id).pending()
