"""The main job in Chromium: from the demo client to the tokens."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.visitor import check_every_box, tab_to

pytestmark = pytest.mark.browser


def test_a_payment_is_walked_with_the_mouse(page: Page, portal, gallery, user, phone):
    def look(name: str) -> None:
        page.screenshot(path=gallery / f"{name}.png", full_page=True)

    page.goto(portal.demo)
    look("01-demo")
    page.get_by_label("Amount").fill("250.50")
    page.get_by_role("button", name="Payment SCA").click()
    look("02-login")
    page.get_by_label("Login number").fill(user)
    page.get_by_role("button", name="Continue").click()
    look("03-login-sms")
    page.get_by_label("Password", exact=True).fill("test")
    page.get_by_label("Code from the SMS").fill(phone.code("LOG IN"))
    page.get_by_role("button", name="Confirm sign-in").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Check this payment")
    look("04-review")
    page.get_by_role("button", name=re.compile("Continue")).click()
    look("05-approval-sms")
    page.get_by_label("Password", exact=True).fill("test")
    page.get_by_label("Code from the SMS").fill(phone.code("PAY 250.5 CZK"))
    page.get_by_role("button", name=re.compile("Approve payment")).click()
    look("06-consent")
    check_every_box(page)
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Payment approved")
    look("07-ended")
    page.wait_for_url(f"{portal.demo}/**")  # by itself, after three seconds
    expect(page.get_by_role("heading", level=1)).to_contain_text("Payment approved")
    expect(page.locator("main")).to_contain_text(user)
    expect(page.locator("main")).to_contain_text("wf_at_")
    look("08-result")


def test_a_payment_is_walked_with_the_keyboard_alone(page: Page, portal, user, phone):
    page.goto(portal.demo)
    tab_to(page, r"^Amount")
    page.keyboard.type("250.50")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{portal.address}/flow/**")
    if page.evaluate("document.activeElement.id") != "username":
        tab_to(page, "^Login number")
    page.keyboard.type(user)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Code from the SMS")).to_be_visible()
    tab_to(page, "^Password")
    page.keyboard.type("test")
    tab_to(page, "^Code from")
    page.keyboard.type(phone.code("LOG IN"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Check this payment")
    tab_to(page, "Continue")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Code from the SMS")).to_be_visible()
    tab_to(page, "^Password")
    page.keyboard.type("test")
    tab_to(page, "^Code from")
    page.keyboard.type(phone.code("PAY 250.5 CZK"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("checkbox").first).to_be_visible()
    for _ in page.get_by_role("checkbox").all():
        page.keyboard.press("Tab")
        while page.evaluate("document.activeElement.type") != "checkbox":
            page.keyboard.press("Tab")
        page.keyboard.press("Space")
    tab_to(page, "^Confirm")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{portal.demo}/**")
    expect(page.locator("main")).to_contain_text("wf_at_")


def test_a_payment_is_walked_without_javascript(browser, portal, user, phone):
    context: BrowserContext = browser.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    page.goto(portal.demo)
    page.get_by_label("Amount").fill("250.50")
    page.get_by_role("button", name="Payment SCA").click()
    page.get_by_label("Login number").fill(user)
    page.keyboard.press("Enter")
    page.get_by_label("Password", exact=True).fill("test")
    page.get_by_label("Code from the SMS").fill(phone.code("LOG IN"))
    page.keyboard.press("Enter")
    page.get_by_role("button", name=re.compile("Continue")).click()
    page.get_by_label("Password", exact=True).fill("test")
    page.get_by_label("Code from the SMS").fill(phone.code("PAY 250.5 CZK"))
    page.keyboard.press("Enter")
    check_every_box(page)
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_url(f"{portal.demo}/**")  # a meta refresh
    expect(page.locator("main")).to_contain_text("wf_at_")
    context.close()
