"""A phone without a network, in Chromium: scan, confirm, copy 16 digits."""

import os

import pytest
from playwright.sync_api import Page, expect

from tests.support.mobile import MobilePhone
from tests.support.visitor import check_every_box

pytestmark = pytest.mark.browser
SCAN = "Scan the code, then enter what the app shows"


@pytest.fixture(scope="module")
def user() -> str:
    return f"user{os.urandom(4).hex()}"


@pytest.fixture(scope="module")
def mobile(portal, user) -> MobilePhone:
    return MobilePhone(portal, user)


def go_offline(page: Page) -> None:
    page.get_by_role("button", name="Use a QR code (phone is offline)").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(SCAN)


def text_of(page: Page) -> str:
    return page.locator("#qr-text").input_value()


def arrive(page: Page, portal, user: str) -> None:
    page.goto(portal.demo)
    page.get_by_role("button", name="Payment SCA").click()
    page.get_by_label("Login number").fill(user)
    page.get_by_role("button", name="Continue").click()
    go_offline(page)


def test_a_payment_is_approved_by_digits_that_were_copied(
    page: Page, portal, gallery, user, mobile
):  # 101
    arrive(page, portal, user)
    code = page.get_by_label("16-digit code from the app")
    confirm = page.get_by_role("button", name="Confirm sign-in")
    expect(confirm).to_be_disabled()
    digits = mobile.offline_code(text_of(page))
    code.focus()
    page.keyboard.type(digits.replace(" ", "")[:15])
    expect(confirm).to_be_disabled()
    page.keyboard.type(digits[-1] + "123")
    expect(code).to_have_value(digits)
    page.screenshot(path=gallery / "22-offline-login.png", full_page=True)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Check this payment")
    page.get_by_role("button", name="Continue to approval").click()
    go_offline(page)
    page.screenshot(path=gallery / "23-offline-payment.png", full_page=True)
    code.fill("1234 5678 1234 5678")
    page.get_by_role("button", name="Approve payment of 100.00 CZK").click()
    expect(page.get_by_role("alert").first).to_contain_text("Remaining attempts: 4")
    page.screenshot(path=gallery / "24-offline-wrong.png", full_page=True)
    pasted = mobile.offline_code(text_of(page))
    page.evaluate("text => navigator.clipboard?.writeText(text)", f"Code: {pasted} (Pixel 8)")
    code.focus()
    page.keyboard.press("ControlOrMeta+v")
    expect(page.get_by_role("button", name="Approve payment of 100.00 CZK")).to_be_enabled()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Allow")
    check_every_box(page)
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_url(f"{portal.demo}/**")
    expect(page.locator("main")).to_contain_text("wf_at_")


def test_the_page_goes_on_when_the_phone_is_online_after_all(page: Page, portal, user, mobile):
    arrive(page, portal, user)
    mobile.approve("login")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Check this payment")


def test_without_javascript_it_works_on_a_small_screen(browser, portal, gallery, user, mobile):
    small = {"width": 320, "height": 800}
    with browser.new_context(java_script_enabled=False, viewport=small, locale="cs-CZ") as context:
        page = context.new_page()
        page.goto(portal.demo)
        page.get_by_role("button", name="Payment SCA").click()
        page.locator("#username").fill(user)
        page.keyboard.press("Enter")
        page.locator("[value=offline]").click()
        page.screenshot(path=gallery / "25-offline-cs-320.png", full_page=True)
        page.locator("main summary").click()
        page.locator("#code").fill(mobile.offline_code(text_of(page)))
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_contain_text("Zkontrolujte platbu")
