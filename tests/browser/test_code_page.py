"""The page with the code field, as its script has it."""

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


@pytest.fixture
def code_page(page: Page, portal, user) -> Page:
    page.goto(portal.demo)
    page.get_by_role("button", name="Login SCA").click()
    page.get_by_label("Login number").fill(user)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Code from the SMS")).to_be_visible()
    return page


def test_the_code_field_takes_eight_digits_and_nothing_else(code_page):  # 66, 79
    code = code_page.get_by_label("Code from the SMS")
    code.focus()
    code_page.keyboard.type("12ab 34-5x6789012")
    expect(code).to_have_value("12345678")
    password = code_page.get_by_label("Password", exact=True)
    expect(password).to_have_attribute("type", "password")
    password.fill("p" * 300)
    expect(password).to_have_value("p" * 256)


def test_a_new_code_can_be_asked_for_only_after_the_wait(code_page, phone):  # 59
    button = code_page.get_by_role("button", name="Send a new code")
    expect(button).to_be_disabled()
    expect(button).to_contain_text("(in ")
    expect(button).to_be_enabled()
    button.click()
    expect(code_page.locator("main")).to_contain_text("We sent a new code.")
    expect(button).to_be_disabled()
