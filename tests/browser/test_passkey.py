"""Passkeys in Chromium, by its virtual authenticator: nothing of the ceremony is ours there."""

import hashlib
import json
import re
from base64 import urlsafe_b64decode
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_weight import AGAIN, FIRST, Wire
from tests.support.mobile import MobilePhone
from tests.support.passkey_room import PasskeyRoom, VirtualAuthenticator
from tests.support.visitor import check_every_box

pytestmark = pytest.mark.browser
PASSKEY = "Use your security key or passkey"
BANK = "<!doctype html><title>Bank</title><link rel=icon href=data:,>"
REFUSED = "Nothing was signed"


@pytest.fixture(scope="module")
def room(portal) -> PasskeyRoom:
    return PasskeyRoom(portal)


@pytest.fixture(autouse=True)
def authenticator(page: Page) -> VirtualAuthenticator:
    return VirtualAuthenticator(page)


def enrol(page: Page, portal, room, user: str) -> None:
    """Make a passkey on a page of the bank, which is another origin than the portal."""
    page.context.grant_permissions(["local-network-access"])  # the bank's page comes from nowhere
    page.route(
        f"{portal.demo}/bank", lambda route: route.fulfill(body=BANK, content_type="text/html")
    )
    page.goto(f"{portal.demo}/bank")
    page.unroute(f"{portal.demo}/bank")  # else nothing is kept in the cache
    said = room.enrol(page, user)
    assert (said["status"], said["transaction"]["status"]) == ("ok", "succeeded")


@pytest.fixture
def customer(page: Page, portal, room, user, authenticator) -> str:
    """A customer whose passkey is in this browser."""
    enrol(page, portal, room, user)
    return user


def arrive(page: Page, portal, user: str) -> None:
    page.goto(portal.demo)
    page.get_by_role("button", name="Payment SCA").click()
    page.get_by_label("Login number").fill(user)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(PASSKEY)
    page.wait_for_load_state()  # the script is there


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=re.compile(name)).click()


def posted(page: Page, name: str) -> dict:
    """Press a button; return the assertion that the browser posts then."""
    with page.expect_request(lambda request: request.method == "POST") as caught:
        press(page, name)
    (assertion,) = parse_qs(caught.value.post_data or "")["assertion"]
    return json.loads(assertion)


def challenge_in(assertion: dict) -> bytes:
    client = assertion["response"]["clientDataJSON"]
    said = json.loads(urlsafe_b64decode(client + "=" * (-len(client) % 4)))
    return urlsafe_b64decode(said["challenge"] + "=")


def hash_of(operation: tuple[str, str]) -> bytes:
    text = f"webflow.challenge\n{operation[0]}\n{operation[1]}"
    return hashlib.sha256(text.encode()).digest()


def test_a_passkey_approves_a_payment_and_signs_its_hash(
    page: Page, portal, room, gallery, customer
):
    arrive(page, portal, customer)
    page.screenshot(path=gallery / "30-passkey-login.png", full_page=True)
    login = room.asked(customer)
    assert login[1] == "A2"
    assert challenge_in(posted(page, "Confirm sign-in")) == hash_of(login)
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_contain_text("Check this payment")
    press(page, "^Continue")
    expect(heading).to_have_text(PASSKEY)
    page.wait_for_load_state()
    page.screenshot(path=gallery / "31-passkey-payment.png", full_page=True)
    payment = room.asked(customer)
    assert payment[1].startswith("A1*A100CZK*")
    shown = page.locator("main").inner_text()
    assert "100.00" in shown
    assertion = posted(page, "Approve payment of")
    assert challenge_in(assertion) == hash_of(payment)
    expect(heading).to_contain_text("Allow")
    assert room.status(payment[0]) == "APPROVED"
    check_every_box(page)
    press(page, "Confirm")
    page.wait_for_url(f"{portal.demo}/**")
    expect(page.locator("main")).to_contain_text("wf_at_")


def test_the_keyboard_alone_is_enough(page: Page, portal, customer):
    arrive(page, portal, customer)
    button = page.get_by_role("button", name="Confirm sign-in")
    for _ in range(20):
        if button.evaluate("each => each === document.activeElement"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Check this payment")


def test_whoever_declines_reads_it_and_tries_again(
    page: Page, portal, room, authenticator, customer
):
    arrive(page, portal, customer)
    authenticator.verify_owner(verified=False)
    button = page.get_by_role("button", name="Confirm sign-in")
    button.click()
    expect(page.get_by_role("alert").filter(has_text=REFUSED)).to_be_visible()
    expect(button).to_be_focused()
    assert room.status(room.asked(customer)[0]) == "PENDING"
    authenticator.verify_owner(verified=True)
    button.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Check this payment")


def test_the_passkey_of_another_customer_does_not_work(
    page: Page, portal, room, authenticator, customer
):
    kept = authenticator.take_out()
    other = f"other{customer}"
    enrol(page, portal, room, other)
    arrive(page, portal, customer)
    press(page, "Confirm sign-in")  # here is none of this customer's
    expect(page.get_by_role("alert").filter(has_text=REFUSED)).to_be_visible()
    name = room.credential_of(other)
    page.evaluate(
        """name => {
            const form = document.getElementById("step");
            const options = JSON.parse(form.dataset.options);
            options.allowCredentials = [{ type: "public-key", id: name }];
            form.dataset.options = JSON.stringify(options);
        }""",
        name,
    )
    press(page, "Confirm sign-in")
    expect(page.locator("#problem")).to_contain_text("was not accepted")
    page.wait_for_load_state()
    authenticator.put_in(kept)
    press(page, "Confirm sign-in")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Check this payment")


def test_a_click_that_comes_twice_signs_and_posts_once(
    page: Page, portal, room, authenticator, customer
):
    arrive(page, portal, customer)
    requests = []
    page.on("request", lambda each: requests.append(each) if each.method == "POST" else None)
    page.get_by_role("button", name="Confirm sign-in").dblclick()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Check this payment")
    assert len(requests) == 1
    assert room.counter(customer) == 2  # enrolment leaves it at 1


def test_a_code_comes_instead_while_the_browser_asks(
    page: Page, portal, authenticator, customer, phone
):
    arrive(page, portal, customer)
    authenticator.be_touched(touched=False)
    press(page, "Confirm sign-in")
    press(page, "Use an SMS code")  # nobody has touched the key
    expect(page.get_by_label("Code from the SMS")).to_be_visible()
    assert phone.code("LOG IN")


def test_the_phone_comes_first_and_a_button_leads_to_the_passkey(
    page: Page, portal, room, authenticator, customer
):
    mobile = MobilePhone(portal, customer)
    page.goto(portal.demo)
    press(page, "Payment SCA")
    page.get_by_label("Login number").fill(customer)
    press(page, "^Continue")
    press(page, "Use a security key or passkey")
    expect(page.get_by_role("heading", level=1)).to_have_text(PASSKEY)
    page.wait_for_load_state()
    assert mobile.pending() == []
    press(page, "Confirm in the app")  # and back at once: there is nothing to wait for
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm in your mobile app")
    expect(page.locator("#problem")).to_have_count(0)
    assert len(mobile.pending()) == 1
    press(page, "Use a security key or passkey")
    press(page, "Confirm sign-in")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Check this payment")


def test_without_javascript_the_other_ways_are_told(browser, portal, customer):
    with browser.new_context(java_script_enabled=False, locale="cs-CZ") as context:
        plain = context.new_page()
        plain.goto(portal.demo)
        plain.get_by_role("button", name="Payment SCA").click()
        plain.locator("#username").fill(customer)
        plain.keyboard.press("Enter")
        expect(plain.locator("noscript p")).to_contain_text("JavaScript")
        plain.get_by_role("button", name="Potvrdit přihlášení").click()
        expect(plain.locator("main")).to_contain_text("Nic nebylo podepsáno.")
        plain.locator("button[value=sms]").click()
        expect(plain.locator("#code")).to_be_visible()


def test_a_passkey_answers_on_a_page_of_the_bank(page: Page, portal, room, customer):
    page.wait_for_load_state()
    said = room.ask(page, username=customer, message="Pay 100 CZK?")
    assert (said["status"], said["transaction"]["status"]) == ("ok", "succeeded")
    said = room.ask(page)  # whoever it is: the passkey tells
    assert said["transaction"]["username"] == customer


def test_the_page_of_a_passkey_is_light(page: Page, portal, room, authenticator, customer):
    wire, weights = Wire(page, portal.address), []
    for is_first in (True, False):
        wire.ignore_kept_files(ignored=is_first)
        page.goto(portal.demo)
        press(page, "Payment SCA")
        page.get_by_label("Login number").fill(customer)
        wire.taken()
        press(page, "^Continue")
        expect(page.get_by_role("heading", level=1)).to_have_text(PASSKEY)
        weights.append(wire.taken())
    assert weights[0] <= FIRST, weights
    assert 0 < weights[1] <= AGAIN, weights
