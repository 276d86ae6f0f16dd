"""A payment with the demo phone: signed in online, approved offline, and once more by SMS."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_demo_phone import pair
from tests.support.tiers import TIERS
from tests.support.visitor import Phone, check_every_box

pytestmark = pytest.mark.browser
CONFIRM = "Confirm in your mobile app"


@pytest.mark.parametrize("tier", TIERS)
def test_online_then_offline_then_by_message(page: Page, tiers, gallery, user, tier):
    portal = tiers.shared(tier)
    messages, phone = Phone(portal), page.context.new_page()
    pair(phone, portal, user)
    phones_page = phone.url
    start_payment(page, portal, user)
    heading = page.get_by_role("heading", level=1)

    expect(heading).to_have_text(CONFIRM)  # online
    phone.get_by_label("PIN").fill("1234")
    phone.keyboard.press("Enter")
    expect(heading).to_contain_text("Check this payment")

    page.get_by_role("button", name=re.compile("Continue")).click()  # offline
    page.get_by_role("button", name="Use a QR code (phone is offline)").click()
    text = page.locator("#qr-text").input_value()
    phone.goto(f"{phones_page}offline")
    phone.get_by_label("Content of the QR code").fill(text)
    phone.get_by_role("button", name="Read the code").click()
    expect(phone.locator("main")).to_contain_text("238400856/0300")
    phone.get_by_label("PIN").fill("1234")
    phone.keyboard.press("Enter")
    digits = phone.locator("output.digits").inner_text()
    phone.screenshot(path=gallery / f"30-phone-digits-{tier}.png", full_page=True)
    page.get_by_label("16-digit code from the app").fill(digits)
    page.screenshot(path=gallery / f"31-offline-{tier}.png", full_page=True)
    page.keyboard.press("Enter")
    expect(heading).to_contain_text("Allow")
    check_every_box(page)
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_url(f"{portal.demo}/**")
    expect(page.locator("main")).to_contain_text("Payment approved")
    assert not messages.has_news()

    start_payment(page, portal, user)  # by message
    expect(heading).to_have_text(CONFIRM)
    prove_by_message(page, messages, "LOG IN")
    page.get_by_role("button", name=re.compile("Continue")).click()
    prove_by_message(page, messages, "PAY")
    expect(heading).to_contain_text("Allow")


def start_payment(page: Page, portal, user: str) -> None:
    page.goto(portal.demo)
    page.get_by_role("button", name="Payment SCA").click()
    page.get_by_label("Login number").fill(user)
    page.get_by_role("button", name="Continue").click()


def prove_by_message(page: Page, messages: Phone, about: str) -> None:
    page.get_by_role("button", name="Use an SMS code").click()
    page.get_by_label("Password", exact=True).fill("test")
    page.get_by_label("Code from the SMS").fill(messages.code(about))
    page.keyboard.press("Enter")
