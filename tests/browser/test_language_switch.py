"""What changes with the language of an open page besides its words, and what does not."""

import re

import pytest
from playwright.sync_api import Page, expect

from app.web.qr import qr_svg
from tests.support.mobile import MobilePhone
from tests.support.visitor import check_every_box

pytestmark = pytest.mark.browser


def arrive(page: Page, portal, user: str) -> None:
    page.goto(portal.demo)
    page.get_by_role("button", name="Login SCA").click()
    page.get_by_label("Login number").fill(user)
    page.keyboard.press("Enter")


def speak_czech(page: Page) -> None:
    page.locator(".languages summary").click()
    page.get_by_role("link", name="Čeština").click()
    expect(page.locator("html")).to_have_attribute("lang", "cs")


def be_out_of_date(page: Page) -> None:
    """Post a page that is past, as the back button can."""
    expect(page.get_by_label("Code from the SMS")).to_be_visible()
    page.evaluate("document.querySelector('#step [name=step]').value = 'older'")
    page.locator("button[value=confirm]").click()
    expect(page.locator("#problem")).to_contain_text("This page was out of date.")


def test_a_consent_in_another_language_is_the_one_that_is_given(page: Page, portal, user, phone):
    arrive(page, portal, user)
    page.get_by_label("Password", exact=True).fill("test")
    page.get_by_label("Code from the SMS").fill(phone.code("LOG IN"))
    page.keyboard.press("Enter")
    check_every_box(page)
    speak_czech(page)
    expect(page.get_by_role("checkbox").first).to_be_checked()
    page.get_by_role("button", name="Potvrdit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Přihlášení potvrzeno")


def test_who_switches_by_keyboard_stays_where_they_are(page: Page, portal, user):
    arrive(page, portal, user)
    page.locator(".languages summary").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Čeština").focus()
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("lang", "cs")
    expect(page.locator(".languages summary")).to_be_focused()


def test_an_amount_that_is_longer_in_another_language_is_not_broken(
    page: Page, portal, user, phone
):
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(portal.demo)
    page.get_by_label("Amount").fill("12345.67")
    page.get_by_role("button", name="Payment SCA").click()
    page.get_by_label("Login number").fill(user)
    page.keyboard.press("Enter")
    page.get_by_label("Password", exact=True).fill("test")
    page.get_by_label("Code from the SMS").fill(phone.code("LOG IN"))
    page.keyboard.press("Enter")
    amount = page.locator(".amount bdi")
    expect(amount).to_contain_text("12,345.67")
    speak_czech(page)
    expect(amount).to_contain_text("Kč")
    assert amount.evaluate("each => each.getClientRects().length") == 1


def test_a_qr_code_is_the_one_of_the_text_below_it(page: Page, portal, user):
    MobilePhone(portal, user)
    arrive(page, portal, user)
    page.get_by_role("button", name=re.compile("^Use a QR code")).click()
    speak_czech(page)
    text = page.locator("#qr-text").input_value()
    drawn = page.locator(".qr-box path").get_attribute("d")
    assert drawn in qr_svg(text, "")


def test_nothing_is_lost_on_a_page_that_says_that_another_was_out_of_date(page: Page, portal, user):
    arrive(page, portal, user)
    be_out_of_date(page)
    page.get_by_label("Password", exact=True).fill("typed")
    speak_czech(page)
    expect(page.locator("#password")).to_have_value("typed")
    expect(page.locator("#problem")).to_contain_text("Stránka už nebyla aktuální.")


def test_a_page_that_says_so_names_its_new_end(page: Page, portal, user):
    arrive(page, portal, user)
    be_out_of_date(page)
    end = page.locator(".deadline time")
    before = end.inner_text()
    page.wait_for_timeout(3000)
    page.evaluate(
        """async () => {
            const form = document.getElementById("step"), body = new FormData();
            for (const name of ["csrf_token", "step"]) body.set(name, form.elements[name].value);
            await fetch(location.pathname + "/extend", { method: "POST", body });
            dispatchEvent(new Event("focus"));
        }"""
    )
    expect(end).not_to_have_text(before)
