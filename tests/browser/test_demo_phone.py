"""The demo phone in a second tab: a payment from two clicks to the end, and pages for everybody."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.support.back_office import BackOffice
from tests.support.visitor import check_every_box, tab_to

pytestmark = pytest.mark.browser
LETTER = (
    "<h1>Opening hours</h1><table><tr><th>Day</th><th>Until</th><th>Where</th></tr><tr>"
    f"<td>Monday</td><td>20:00</td><td>{'Main' * 40}</td></tr></table><ul><li>x</li></ul>"
    "<pre>a  b</pre><blockquote>We are here.</blockquote><a href='https://bank.example'>Map</a>"
)


def pair(page: Page, portal, user: str) -> None:
    page.goto(portal.demo)
    page.get_by_role("region", name="Phone").get_by_label("Login number").fill(user)
    page.get_by_role("button", name="Pair a phone").click()
    expect(page.get_by_role("status").first).to_contain_text("Its PIN is 1234")


def test_a_payment_is_approved_on_the_phone_in_a_second_tab(page: Page, portal, gallery, user):
    pair(page, portal, user)
    tab = page.context.new_page()
    tab.goto(portal.demo)
    tab.get_by_role("button", name="Payment SCA").click()
    tab.get_by_label("Login number").fill(user)
    tab.get_by_role("button", name="Continue").click()
    heading = tab.get_by_role("heading", level=1)
    expect(heading).to_have_text("Confirm in your mobile app")
    page.bring_to_front()
    page.get_by_label("PIN").fill("1234")
    page.screenshot(path=gallery / "22-phone-login.png", full_page=True)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Approved.")).to_be_visible()
    tab.bring_to_front()
    expect(heading).to_contain_text("Check this payment")
    tab.get_by_role("button", name=re.compile("Continue")).click()
    expect(heading).to_have_text("Confirm in your mobile app")
    page.bring_to_front()
    expect(page.locator(".amount")).to_have_text("100.00 CZK")
    expect(page.locator(".payee")).to_have_text("238400856/0300")
    page.screenshot(path=gallery / "23-phone-payment.png", full_page=True)
    page.get_by_role("button", name="Approve with fingerprint").click()
    expect(page.get_by_text("Nothing waits for you")).to_be_visible()
    tab.bring_to_front()
    expect(heading).to_contain_text("Allow")
    check_every_box(tab)
    tab.get_by_role("button", name="Confirm").click()
    tab.wait_for_url(f"{portal.demo}/**")
    expect(tab.locator("main")).to_contain_text("Payment approved")


def test_what_is_typed_is_not_lost_when_something_new_waits(page: Page, portal, user):
    bank = BackOffice(portal)
    pair(page, portal, user)
    bank.ask(user)
    page.get_by_label("PIN").fill("12")
    bank.ask(user, "login")
    expect(page.get_by_role("link", name="Show it")).to_be_visible()
    expect(page.get_by_label("PIN")).to_have_value("12")
    page.get_by_role("link", name="Show it").click()
    expect(page.get_by_role("heading", name="Also waiting")).to_be_visible()


def test_the_keyboard_is_enough(page: Page, portal, user):
    pair(page, portal, user)
    asked = BackOffice(portal).ask(user)
    page.get_by_role("button", name="Approve with PIN").wait_for()
    tab_to(page, "PIN")
    page.keyboard.type("1234")
    tab_to(page, "Approve with PIN")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Approved.")).to_be_visible()
    assert BackOffice(portal).state_of(asked["operationId"])["status"] == "APPROVED"


@pytest.mark.parametrize("width", [320, 360])
def test_the_names_of_its_pages_are_not_broken_in_the_middle(page: Page, portal, user, width):
    page.set_viewport_size({"width": width, "height": 740})
    pair(page, portal, user)
    for name in ("Waiting", "History", "Settings"):
        link = page.get_by_role("navigation", name="Phone").get_by_role("link", name=name)
        lines = "a => { const r = new Range(); r.selectNodeContents(a.querySelector('span'));"
        assert link.evaluate(f"{lines} return r.getClientRects().length }}") == 1, name


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
def test_every_page_of_the_phone_is_accessible_and_fits(page: Page, portal, user, scheme, width):
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 900})
    pair(page, portal, user)
    phone = page.url
    long = {"amount": "123456789.99", "currency": "EUR", "iban": "MT84MALT011000012345MTLCAST001S"}
    BackOffice(portal).ask(user, parameters=long, proximityCheckEnabled=True)
    BackOffice(portal).ask(user, "login")
    written = BackOffice(portal).write(user, type="html", subject="W" * 255, body=LETTER)
    for path in (
        "",
        "inbox",
        f"inbox/{written}",
        "offline",
        "history",
        "settings",
        "../",
        "../../",
    ):
        page.goto(phone + path)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    page.goto(phone)
    page.get_by_role("link", name=re.compile("Confirm|Login")).last.click()
    expect(page.get_by_role("heading", level=2).first).to_be_visible()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("link", name="Settings").click()
    page.get_by_label("Name").fill("W" * 64)
    page.get_by_role("button", name="Rename with fingerprint").click()
    expect(page.get_by_text("The phone has its new name.")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("button", name="Remove this phone").click()
    expect(page.get_by_text("is gone.")).to_be_visible()
