"""Accounts by links: from the bank's page into the demo phone, and pages for everybody."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.support.integrator import Integrator

pytestmark = pytest.mark.browser
LONG = "<html>Pay <b>1 CZK</b><br>to " + "W" * 300 + "</html>"


@pytest.fixture(scope="module")
def bank(portal):
    return Integrator(portal)


def add(page: Page, bank: Integrator, user: str) -> None:
    page.goto(bank.enroll(user)["enrollment"]["appLinkUri"])
    page.get_by_role("link", name="Open in the demo phone").click()
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Add with PIN").click()
    expect(page.get_by_role("status").first).to_contain_text(f"{user} is added.")


def test_a_push_appears_on_the_open_phone_and_is_approved(page: Page, portal, bank, user):
    add(page, bank, user)
    page.get_by_role("link", name="All accounts").click()
    begun = bank.ask(user, channel="push", message="<html>Pay <b>100 CZK</b>?</html>")
    page.get_by_role("button", name=re.compile(f"Asked just now.*{user}", re.DOTALL)).click()
    expect(page.locator(".letter b")).to_have_text("100 CZK")
    page.get_by_label("PIN").fill("1234")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("Approved.")
    assert bank.status(begun) == "succeeded"


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
def test_every_page_is_accessible_and_fits(  # noqa: PLR0913, PLR0917 - two looks
    page: Page, portal, bank, user, scheme, width, gallery, forgiven
):
    forgiven.append("Failed to load resource: the server responded with a status of 422")
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 900})

    def look(name: str) -> None:
        page.screenshot(path=gallery / f"accounts-{name}-{scheme}.png", full_page=True)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name

    page.goto(f"{portal.demo}/phone/")
    look("phones")
    page.goto(bank.enroll(user)["enrollment"]["appLinkUri"])
    look("open")
    page.get_by_role("link", name="Open in the demo phone").click()
    look("link")
    page.get_by_role("button", name="Go on").click()
    look("enroll")
    page.get_by_label("Name of the account").fill("W" * 54 + user[-10:])
    page.get_by_role("button", name="Add with fingerprint").click()
    look("added")
    page.goto(f"{portal.demo}/phone/accounts/")
    page.get_by_role("link", name=re.compile(f"{user[-10:]}.*demo at", re.DOTALL)).click()
    look("account")
    link = bank.ask(user, message=LONG)["appLinkUri"]
    page.goto(f"{portal.demo}/phone/accounts/")
    page.get_by_label("Link of the bank").fill(link)
    page.get_by_role("button", name="Open the link").click()
    look("approval")
    page.get_by_role("link", name="All accounts").click()
    look("accounts")
    page.get_by_label("Link of the bank").fill(link[:-1])
    page.get_by_role("button", name="Open the link").click()
    expect(page.get_by_role("alert").first).to_contain_text("This is no link of a bank")
    look("broken")
