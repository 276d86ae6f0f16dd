"""The Mobile Token in Chromium: the phone confirms, and the page goes on by itself."""

import os
import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.mobile import MobilePhone
from tests.support.visitor import check_every_box

pytestmark = pytest.mark.browser
CONFIRM = "Confirm in your mobile app"
LOOK = "document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))"


@pytest.fixture(scope="module")
def user() -> str:
    return f"user{os.urandom(4).hex()}"


@pytest.fixture(scope="module")
def mobile(portal, user) -> MobilePhone:
    """The phone of one customer; to pair it takes commands of seconds."""
    return MobilePhone(portal, user)


def arrive(page: Page, portal, user: str) -> None:
    page.goto(portal.demo)
    page.get_by_role("button", name="Payment SCA").click()
    page.get_by_label("Login number").fill(user)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(CONFIRM)


def test_a_payment_is_confirmed_on_the_phone_and_no_button_is_pressed(
    page: Page, portal, gallery, user, mobile
):
    arrive(page, portal, user)
    expect(page.locator("main")).to_contain_text("Pixel 8")
    page.screenshot(path=gallery / "20-token-login.png", full_page=True)
    mobile.approve("login")
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_contain_text("Check this payment")
    page.get_by_role("button", name=re.compile("Continue")).click()
    expect(heading).to_have_text(CONFIRM)
    page.screenshot(path=gallery / "21-token-payment.png", full_page=True)
    mobile.approve("authorize_payment")
    expect(heading).to_contain_text("Allow")
    check_every_box(page)
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_url(f"{portal.demo}/**")
    expect(page.locator("main")).to_contain_text("wf_at_")


def test_a_rejection_on_the_phone_ends_it_by_itself(page: Page, portal, user, mobile):
    arrive(page, portal, user)
    mobile.reject()
    expect(page.locator("main")).to_contain_text("not sent")
    page.wait_for_url(f"{portal.demo}/**")
    expect(page.locator("main")).to_contain_text("access_denied")


def test_without_javascript_the_button_goes_on(browser, portal, user, mobile):
    with browser.new_context(java_script_enabled=False, locale="cs-CZ") as context:
        page = context.new_page()
        page.goto(portal.demo)
        page.get_by_role("button", name="Payment SCA").click()
        page.locator("#username").fill(user)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Potvrďte v mobilní aplikaci")
        page.get_by_role("button", name=re.compile("pokračovat")).click()
        expect(page.locator("main")).to_contain_text("Potvrzení z telefonu zatím nemáme.")
        mobile.approve("login")
        page.get_by_role("button", name=re.compile("pokračovat")).click()
        expect(page.locator("main")).to_contain_text("Zkontrolujte platbu")


def test_the_code_comes_instead_at_a_click(page: Page, portal, user, mobile, phone):
    arrive(page, portal, user)
    assert not phone.has_news()
    page.get_by_role("button", name="Use an SMS code").click()
    expect(page.get_by_label("Code from the SMS")).to_be_visible()
    assert phone.code("LOG IN")
    assert mobile.pending() == []


def test_who_took_the_code_goes_back_to_the_phone(page: Page, portal, gallery, user, mobile):
    arrive(page, portal, user)
    page.get_by_role("button", name="Use an SMS code").click()
    page.get_by_label("Password", exact=True).fill("not needed")
    back = page.get_by_role("button", name="Confirm in the app (phone is online)")
    back.click()
    expect(page.locator("main")).to_contain_text("Please wait a moment before you ask the phone")
    page.wait_for_timeout(15_000)  # the phone has its time to answer
    back.click()
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text(CONFIRM)
    mobile.approve("login")
    expect(heading).to_contain_text("Check this payment")
    page.get_by_role("button", name=re.compile("Continue")).click()
    page.get_by_role("button", name="Use an SMS code").click()
    expect(heading).to_have_text("Approve this payment")
    page.screenshot(path=gallery / "26-code-with-ways.png", full_page=True)


def test_the_page_asks_nothing_while_an_answer_is_on_its_way(page: Page, portal, user, mobile):
    arrive(page, portal, user)
    page.evaluate("addEventListener('submit', (event) => event.preventDefault())")
    page.route("**/signal", lambda _route: None)
    with page.expect_request("**/signal"):
        page.evaluate(LOOK)
    with page.expect_event("requestfailed"):
        page.get_by_role("button", name=re.compile("continue")).click()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate(LOOK)
    page.wait_for_timeout(2500)  # without a socket it looks every two seconds
    assert asked == []
    expect(page.locator("[data-lost]")).to_be_hidden()
    mobile.reject()  # the phone is the other tests', too


def test_two_tabs_of_one_flow_both_go_on(page: Page, portal, user, mobile):
    arrive(page, portal, user)
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.get_by_role("heading", level=1)).to_have_text(CONFIRM)
    mobile.approve("login")
    for tab in (page, other):
        heading = tab.get_by_role("heading", level=1)
        expect(heading).to_contain_text("Check this payment")
