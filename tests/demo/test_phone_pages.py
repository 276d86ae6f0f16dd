"""The pages of the demo phone through HTTP, without a script, at a portal of processes."""

import os
import re

import pytest

from tests.support.back_office import BackOffice
from tests.support.browser import Browser
from tests.support.mobile import told_of

USUAL_PIN = "1234"


@pytest.fixture(scope="module")
def portal(tiers):
    return tiers.shared("embedded")


@pytest.fixture(scope="module")
def bank(portal):
    return BackOffice(portal)


@pytest.fixture
def user():
    return f"user{os.urandom(4).hex()}"


@pytest.fixture
def browser(portal):
    with Browser() as browser:
        browser.open(f"{portal.demo}/phone/")
        yield browser
        visited = [page for page in browser.visited if page.status >= 500]
        assert not [page.text for page in visited if page.status != 502]


def form(browser, action):
    """The form that goes to an address that ends so."""
    return next(form for form in browser.page.forms if form.action.endswith(action))


def pair(browser, user):
    return browser.press(form=form(browser, "/quick"), user=user)


@pytest.fixture
def phone(browser, user):
    """The page of a phone that is paired in two clicks."""
    return pair(browser, user).url


def registration(browser, phone):
    return re.search(
        r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", browser.open(phone + "settings").text
    )[0]


def test_a_phone_is_paired_in_two_clicks_from_the_first_page_and_says_its_pin(
    portal, browser, user
):
    browser.open(portal.demo)
    page = pair(browser, user)
    assert page.status == 200
    assert f"paired with {user}. Its PIN is {USUAL_PIN}" in page.text
    assert "Nothing waits for you" in page.text
    assert page.content.refresh == (5, page.url.removeprefix(portal.demo))
    browser.open(portal.demo)
    assert form(browser, "/quick").fields("user")[0].value == user


def test_a_second_click_on_pair_makes_no_second_phone(portal, browser, user):
    twice = form(browser, "/quick")
    first = browser.press(form=twice, user=user)
    assert browser.press(form=twice, user=user).url == first.url
    another = browser.press(form=twice, user=f"{user}x")
    assert another.url != first.url


def test_a_new_payment_is_shown_in_full_and_approved_with_the_pin(bank, browser, user, phone):
    asked = bank.ask(user)
    page = browser.open(phone)
    for words in (
        "1 pending operation",
        "63.99",
        "EUR",
        "CZ55",
        "Ends",
        "Approve with fingerprint",
    ):
        assert words in page.text
    assert page.content.refresh is None
    done = browser.press("knowledge", form=form(browser, "/approve"), pin=USUAL_PIN)
    assert done.url == phone
    assert "Approved." in done.text
    assert bank.state_of(asked["operationId"])["status"] == "APPROVED"
    assert "Approved." not in browser.open(phone).text


def test_a_second_click_on_approve_says_the_same(bank, browser, user, phone):
    bank.ask(user, "login")
    browser.open(phone)
    approve = form(browser, "/approve")
    for _ in range(2):
        assert "Approved." in browser.press("biometry", form=approve).text


def test_a_wrong_pin_says_how_many_attempts_are_left(bank, browser, user, phone):
    bank.ask(user)
    browser.open(phone)
    assert "Type the PIN" in browser.press("knowledge", form=form(browser, "/approve")).text
    page = browser.press("knowledge", form=form(browser, "/approve"), pin="9999")
    assert "The PIN is wrong: 4 attempts are left." in page.text
    assert form(browser, "/approve").fields("pin")[0].value == ""


def test_a_rejection_offers_the_reasons_of_the_protocol_alone(bank, browser, user, phone):
    asked = bank.ask(user)
    browser.open(phone)
    reject = form(browser, "/reject")
    assert [control.value for control in reject.fields("reason")] == [
        "UNEXPECTED_OPERATION",
        "INCORRECT_DATA",
        "UNKNOWN",
    ]
    page = browser.press(form=reject, reason="INCORRECT_DATA")
    assert "Rejected." in page.text
    state = bank.state_of(asked["operationId"])
    assert (state["status"], state["additionalData"]["rejectReason"]) == (
        "REJECTED",
        "INCORRECT_DATA",
    )


def test_of_several_operations_each_is_reached(bank, browser, user, phone):
    first = bank.ask(user, "login")["operationId"]
    second = bank.ask(user)["operationId"]
    page = browser.open(phone)
    assert "Also waiting" in page.text
    links = [link for link in page.content.links if "operation=" in link]
    shown = form(browser, "/approve").fields("operation")[0].value
    (other,) = {first, second} - {shown}
    assert links == [
        f"{phone.partition('/phone')[1]}{phone.partition('/phone')[2]}?operation={other}"
    ]
    browser.open(links[0])
    assert form(browser, "/approve").fields("operation")[0].value == other


def test_the_number_of_the_page_is_asked_for_where_it_is_needed(bank, browser, user, phone):
    asked = bank.ask(user, proximityCheckEnabled=True)
    assert "Number shown in the browser" in browser.open(phone).text
    page = browser.press("biometry", form=form(browser, "/approve"))
    assert "Type the number" in page.text
    page = browser.press("biometry", form=form(browser, "/approve"), number="000000")
    assert "did not accept" in page.text
    number = asked["proximityOtp"]
    assert (
        "Approved." in browser.press("biometry", form=form(browser, "/approve"), number=number).text
    )


def test_an_operation_that_ended_meanwhile_is_told(bank, browser, user, phone):
    asked = bank.ask(user)
    browser.open(phone)
    approve = form(browser, "/approve")
    bank.cancel(asked["operationId"])
    page = browser.press("biometry", form=approve)
    assert "The bank has canceled this operation." in page.text
    assert "Nothing waits for you" in page.text


def test_forms_of_another_page_or_without_their_token_do_nothing(bank, browser, user, phone):
    asked = bank.ask(user)
    browser.open(phone)
    for field, words in (("data", "not of this page"), ("csrf_token", "too old")):
        bent = form(browser, "/approve")
        page = browser.press("biometry", form=bent, **{field: "*"})
        assert words in page.text
        browser.open(phone)
    assert bank.state_of(asked["operationId"])["status"] == "PENDING"


def test_a_blocked_an_unblocked_and_a_removed_phone_say_so(bank, browser, phone):
    registration_id = registration(browser, phone)
    bank.change(registration_id, "BLOCK")
    assert "The bank has blocked this phone." in browser.open(phone).text
    assert "Blocked" in browser.open("/phone/").text
    bank.change(registration_id, "UNBLOCK")
    assert "Nothing waits for you" in browser.open(phone).text
    bank.change(registration_id, "REMOVE")
    assert "The bank has removed this phone." in browser.open(phone).text
    page = browser.press("here", form=form(browser, "/remove"))
    assert "is gone." in page.text
    assert "There is no such phone here." in browser.open(phone).text


def test_a_phone_that_is_paired_by_a_code_waits_for_the_bank(portal, bank, browser, user):
    registration_id, qr = bank.register(user)
    config = form(browser, "/pair").fields("config")[0].value
    assert config == told_of(portal)
    page = browser.press(form=form(browser, "/pair"), code=qr, name="N" * 64, pin="86420")
    assert "The bank has not let this phone in yet." in page.text
    assert re.search(r"\d{4} \d{4}", page.text)
    bank.commit(registration_id)
    assert "Nothing waits for you" in browser.open(page.url).text
    browser.open(page.url + "settings")
    assert "is gone." in browser.press("here", form=form(browser, "/remove")).text


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"code": "ABCDE-FGHIJ-KLMNO-PQRST"}, "not an activation code"),
        ({"code": "AAAAA-AAAAA-AAAAA-AAAAA#MEUCIQ=="}, "This QR code is"),
        ({"config": "{}"}, "not the configuration of an app"),
        ({"config": "nonsense"}, "not the configuration of an app"),
        ({"pin": "12"}, "4 to 32 digits"),
        ({"name": "x" * 65}, "at most 64 characters"),
    ],
)
def test_what_cannot_be_paired_is_told_and_what_was_typed_is_kept(bank, browser, wrong, words):
    _, qr = bank.register("somebody")
    typed = {"code": qr, "pin": "1234", "name": "Refused", **wrong}
    page = browser.press(form=form(browser, "/pair"), **typed)
    assert page.status == 422
    assert words in page.text
    for name, kept in typed.items():
        assert form(browser, "/pair").fields(name)[0].value == kept


def test_the_switch_takes_the_phone_off_the_network_and_back(bank, browser, user, phone):
    bank.ask(user)
    browser.open(phone + "settings")
    page = browser.press("no", form=form(browser, "/network"))
    assert "This phone is offline." in page.text
    assert "63.99" not in page.text
    browser.open(phone + "settings")
    assert "63.99" in browser.press("yes", form=form(browser, "/network")).text


def test_offline_a_text_that_the_portal_has_not_signed_is_refused(browser, phone):
    browser.open(phone + "offline")
    text = "\n".join(["id", "title", "message", "A2", "B", "A" * 24, "1MEUCIQ=="])
    page = browser.press(form=form(browser, "/offline"), qr=text)
    assert page.status == 422
    assert "no operation of this phone's portal" in page.text
    assert form(browser, "/offline").fields("qr")[0].value.splitlines() == text.splitlines()


def test_the_history_takes_two_factors_and_is_shown_again_by_a_reload(bank, browser, user, phone):
    bank.ask(user, "login")
    browser.open(phone)
    browser.press("biometry", form=form(browser, "/approve"))
    browser.open(phone + "history")
    assert "Type the PIN" in browser.press("knowledge", form=form(browser, "/history")).text
    page = browser.press("knowledge", form=form(browser, "/history"), pin=USUAL_PIN)
    assert "APPROVED" in page.text
    assert "APPROVED" in browser.open(page.url).text


def test_a_phone_is_renamed_registered_for_pushes_and_removed(bank, browser, phone):
    registration_id = registration(browser, phone)
    name = f"N{registration_id[:20]}"
    page = browser.press("biometry", form=form(browser, "/rename"), name=name)
    assert name in page.text
    assert bank.name_of(registration_id) == name
    browser.open(phone + "settings")
    assert "pushes to this phone" in browser.press(form=form(browser, "/push")).text
    browser.open(phone + "settings")
    assert f"{name} is gone." in browser.press("portal", form=form(browser, "/remove")).text
    assert name not in browser.open("/phone/").text.replace(f"{name} is gone.", "")


def test_an_operation_of_nobody_is_taken_over(bank, browser, phone):
    asked = bank.ask(None)
    browser.open(phone + "settings")
    page = browser.press(form=form(browser, "/claim"), operation=asked["operationId"])
    assert "63.99" in page.text
    browser.open(phone + "settings")
    assert "no such operation" in browser.press(form=form(browser, "/claim"), operation="x").text


def test_news_change_when_something_waits(bank, browser, user, phone):
    before = browser.open(phone + "news").html
    assert browser.open(phone + "news").html == before
    bank.ask(user)
    assert browser.open(phone + "news").html != before


def test_several_phones_of_one_user_have_names_of_their_own(bank, browser, user, phone):
    browser.open("/phone/")
    other = pair(browser, user).url
    assert other != phone
    bank.ask(user)
    for each in (phone, other):
        assert "63.99" in browser.open(each).text
    titles = [re.search(r"<bdi>([^<]+)</bdi>", browser.open(each).html) for each in (phone, other)]
    assert titles[0][1] != titles[1][1]


def test_no_page_of_the_phone_needs_inline_styles_or_scripts(bank, browser, user, phone):
    bank.ask(user)
    for path in ("", "offline", "history", "settings", "../"):
        html = browser.open(phone + path).html
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?! type=\"module\"\s+src=)", html)
        ids = re.findall(r'\sid="([^"]+)"', html)
        assert len(ids) == len(set(ids))
