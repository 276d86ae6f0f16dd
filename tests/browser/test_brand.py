"""A bank's own look in Chromium: readable in light and dark, at any width, from one origin."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from app.brand import read
from tests.support.brands import HARBOUR
from tests.support.sample_site import running_samples

pytestmark = pytest.mark.browser
SHOWN = (
    "username", "password-failed", "review", "approval", "token-near", "offline-payment",
    "consent", "ended-done", "error-retry",
)  # fmt: skip
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    """Sample pages of Harbour Bank, with the headers of the portal."""
    brand, _ = read(HARBOUR)
    with running_samples(tmp_path_factory.mktemp("translations"), brand) as site:
        yield site.address


@pytest.fixture
def visit(browser, address):
    """Open sample pages; nothing may be asked of another origin, and nothing may be blocked."""
    contexts = []

    def opened(scheme: str, width: int):
        context = browser.new_context(
            color_scheme=scheme, viewport={"width": width, "height": 900}, locale="en-GB"
        )
        context.set_default_timeout(30_000)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda asked: origins.add(urlsplit(asked.url).netloc))
        page.on("console", lambda said: said.type == "error" and complaints.append(said.text))
        return page

    origins: set[str] = set()
    complaints: list[str] = []
    yield opened
    for context in contexts:
        context.close()
    assert origins == {urlsplit(address).netloc}
    assert [each for each in complaints if "socket.io" not in each] == []


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_of_a_brand_are_for_everybody(visit, address, gallery, scheme, width):
    page = visit(scheme, width)
    for name in SHOWN:
        page.goto(f"{address}/page/{name}")
        found = Axe().run(page)
        assert found.violations_count == 0, f"{name}: {found.generate_report()}"
        assert page.evaluate(OVERFLOW) == 0, name
        page.screenshot(path=gallery / f"brand-{name}-{scheme}-{width}.png", full_page=True)


def test_a_brand_brings_its_colours_its_font_and_its_logo(visit, address):
    for scheme, background in (("light", "rgb(12, 92, 70)"), ("dark", "rgb(37, 127, 99)")):
        page = visit(scheme, 1280)
        page.goto(f"{address}/page/username")
        button = page.get_by_role("button", name="Continue")
        expect(button).to_have_css("background-color", background)
        assert page.evaluate(
            "document.fonts.ready.then(() => document.fonts.check('16px Figtree'))"
        )
        logo = page.locator(".logo img")
        assert logo.evaluate("image => image.naturalWidth") > 0
        assert ("logo-dark" in logo.evaluate("image => image.currentSrc")) == (scheme == "dark")


def test_help_opens_beside_the_page_and_says_so(visit, address):
    page = visit("light", 1280)
    page.goto(f"{address}/page/password-failed")
    for name in ("Help", "Forgotten password?"):
        link = page.get_by_role("link", name=f"{name} (opens in a new tab)", exact=True)
        expect(link).to_have_attribute("target", "_blank")
        expect(link).to_have_attribute("rel", "noopener noreferrer")
        assert link.bounding_box()["height"] >= 24


def test_links_lead_to_pages_in_the_language_that_is_chosen(visit, address):
    page = visit("light", 1280)
    page.goto(f"{address}/page/password")
    page.locator(".languages summary").click()
    page.get_by_role("link", name="Čeština").click()
    expect(page.locator("html")).to_have_attribute("lang", "cs")
    help_link = page.get_by_role("link", name="Nápověda")
    expect(help_link).to_have_attribute("href", "https://www.harbour.example/cs/pomoc")
    assert page.url == f"{address}/page/password"  # it was not loaded anew


def test_a_link_to_a_page_in_another_language_does_not_leave_the_flow(visit, address):
    page = visit("light", 1280)
    page.context.route("https://www.harbour.example/**", lambda asked: asked.fulfill(body="ours"))
    page.goto(f"{address}/page/username?lang=de")
    link = page.get_by_role("link", name="Privacy")
    expect(link).to_have_attribute("hreflang", "en")
    with page.expect_popup() as opened:
        link.click()
    opened.value.wait_for_url("https://www.harbour.example/privacy")
    assert page.url == f"{address}/page/username?lang=de"


def test_a_call_does_not_leave_the_flow(visit, address):
    page = visit("light", 1280)
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.type), dialog.dismiss()))
    page.goto(f"{address}/page/username")
    page.evaluate("addEventListener('beforeunload', event => event.preventDefault())")
    page.keyboard.type("1004")
    page.get_by_role("link", name="+44 20 7946 0958").click()
    expect(page.locator("#username")).to_have_value("1004")
    page.wait_for_timeout(500)
    assert dialogs == []


def test_a_drawing_opened_by_itself_is_shown_and_runs_nothing(visit, address):
    page = visit("light", 320)
    answer = page.goto(f"{address}/brand/logo.svg")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert page.evaluate("document.documentElement.tagName") == "svg"
