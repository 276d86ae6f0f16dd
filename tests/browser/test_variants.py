"""The variants without strong authentication in Chromium: mouse, keyboard, no script, any width."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.visitor import check_every_box, tab_to

pytestmark = pytest.mark.browser
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def test_a_payment_without_sca_is_walked_with_the_mouse(page: Page, portal, user, phone):
    page.goto(portal.demo)
    page.get_by_label("Amount").fill("250.50")
    page.get_by_label("Note").fill("Rent")
    page.get_by_role("button", name="Payment", exact=True).click()
    page.get_by_label("Login number").fill(user)
    page.get_by_label("Password", exact=True).fill("test")
    page.get_by_role("button", name="Confirm sign-in").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Check this payment")
    expect(page.locator("main")).to_contain_text("With a code from an SMS")
    expect(page.locator("main")).to_contain_text("Rent")
    assert not phone.has_news()
    page.get_by_role("button", name="Continue to approval").click()
    code = page.get_by_label("Code from the SMS")
    expect(code).to_be_focused()
    expect(page.get_by_label("Password", exact=True)).to_have_count(0)
    code.fill(phone.code("PAY 250.5 CZK"))
    page.get_by_role("button", name=re.compile("Approve payment")).click()
    check_every_box(page)
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_url(f"{portal.demo}/**")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Payment approved")
    expect(page.locator("main")).to_contain_text(user)


def test_the_weaker_logins_are_walked_with_the_keyboard_alone(page: Page, portal, user, phone):
    for variant in (r"^Login$", r"^Payment, single SCA$"):
        page.goto(portal.demo)
        tab_to(page, variant)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{portal.address}/flow/**")
        tab_to(page, "^Login number")
        page.keyboard.type(user)
        tab_to(page, "^Password")
        page.keyboard.type("test")
        page.keyboard.press("Enter")
        page.wait_for_selector("[name=option], [name=account]")
        tab_to(page, "^(Reject|Continue to approval)")
        page.keyboard.press("Enter")
        if variant == "^Login$":
            page.wait_for_url(f"{portal.demo}/**")  # by itself, after the rejection
    expect(page.get_by_label("Code from the SMS")).to_be_visible()
    tab_to(page, "^Password")
    page.keyboard.type("test")
    tab_to(page, "^Code from")
    page.keyboard.type(phone.code("PAY 100 CZK"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("checkbox").first).to_be_visible()
    tab_to(page, "^Reject")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{portal.demo}/**")
    expect(page.locator("main")).to_contain_text("access_denied")


def test_a_payment_without_sca_is_walked_with_the_keyboard_alone(page: Page, portal, user, phone):
    page.goto(portal.demo)
    tab_to(page, r"^Payment$")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{portal.address}/flow/**")
    tab_to(page, "^Login number")
    page.keyboard.type(user)
    tab_to(page, "^Password")
    page.keyboard.type("test")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Check this payment")
    tab_to(page, "^Continue")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Code from the SMS")).to_be_focused()
    page.keyboard.type(phone.code("PAY 100 CZK"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("checkbox").first).to_be_visible()
    for _ in page.get_by_role("checkbox").all():
        tab_to(page, r"\(required\)")
        page.keyboard.press("Space")
    tab_to(page, "^Confirm")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{portal.demo}/**")
    expect(page.locator("main")).to_contain_text("wf_at_")


@pytest.fixture
def plain_page(browser):
    """A page of a browser without JavaScript."""
    context: BrowserContext = browser.new_context(java_script_enabled=False, locale="en-GB")
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("variant", ["Login", "Payment", "Payment, single SCA"])
def test_a_variant_is_walked_without_javascript(plain_page, portal, user, phone, variant):
    page = plain_page
    page.goto(portal.demo)
    page.get_by_role("button", name=variant, exact=True).click()
    page.get_by_label("Login number").fill(user)
    page.get_by_label("Password", exact=True).fill("test")
    page.keyboard.press("Enter")
    if variant != "Login":
        page.get_by_role("button", name="Continue to approval").click()
        if variant == "Payment, single SCA":
            page.get_by_label("Password", exact=True).fill("test")
        page.get_by_label("Code from the SMS").fill(phone.code("PAY 100 CZK"))
        page.keyboard.press("Enter")
    check_every_box(page)
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_url(f"{portal.demo}/**")  # a meta refresh
    expect(page.locator("main")).to_contain_text("wf_at_")


def test_a_field_that_is_wrong_is_told_in_a_notice_that_has_the_focus(plain_page, portal):
    page = plain_page
    page.goto(portal.demo)
    page.get_by_label("Amount").fill("0")
    with page.expect_navigation():
        page.get_by_role("button", name="Payment", exact=True).click()
    expect(page.locator("#problem")).to_be_focused()
    page.get_by_role("link", name="Write an amount").click()
    expect(page.get_by_label("Amount")).to_be_focused()


def test_a_login_without_sca_keeps_the_name_after_a_wrong_password(page: Page, portal, user):
    page.goto(portal.demo)
    page.get_by_role("button", name="Login", exact=True).click()
    page.get_by_label("Login number").fill(user)
    page.get_by_label("Password", exact=True).fill("wrong")
    page.keyboard.press("Enter")
    expect(page.locator("#problem")).to_contain_text("Remaining attempts: 4")
    expect(page.locator("#problem")).to_be_focused()
    expect(page.get_by_label("Login number")).to_have_value(user)
    expect(page.get_by_label("Password", exact=True)).to_have_value("")
    page.get_by_label("Password", exact=True).fill("test")
    page.keyboard.press("Enter")
    check_every_box(page)
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_url(f"{portal.demo}/**")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Login confirmed")


@pytest.mark.parametrize("language", ["en-GB", "cs-CZ"])
def test_nothing_is_cut_off_at_320_pixels_and_no_amount_breaks(browser, portal, user, language):
    context = browser.new_context(viewport={"width": 320, "height": 640}, locale=language)
    context.set_default_timeout(30_000)
    page = context.new_page()
    page.goto(portal.demo)
    assert page.evaluate(OVERFLOW) == 0
    page.fill("#payment-amount", "123456789012.345")
    page.fill("#payment-account", "DE89370400440532013000")
    page.fill("#payment-note", "N" * 80)
    page.locator("button[value=authorize_payment]").click()
    assert page.evaluate(OVERFLOW) == 0
    page.fill("#username", user)
    page.fill("#password", "test")
    page.locator("button[value=continue]").click()
    page.wait_for_selector("input[name=account]")
    assert page.evaluate(OVERFLOW) == 0
    number = page.evaluate(
        "() => { const range = document.createRange();"
        " range.selectNode(document.querySelector('.amount bdi').firstChild);"
        " return new Set([...range.getClientRects()].filter(r => r.width).map(r => r.top)).size }"
    )
    assert number == 1
    page.locator("button[value=continue]").click()
    page.wait_for_selector("#code")
    assert page.evaluate(OVERFLOW) == 0
    page.locator("#step button[value=cancel]").click()
    page.wait_for_selector(".outcome")
    assert page.evaluate(OVERFLOW) == 0
    page.wait_for_url(f"{portal.demo}/**")
    assert page.evaluate(OVERFLOW) == 0
    context.close()
