"""A bank's own look in Chromium: readable in light and dark, at any width, from one origin."""

from collections.abc import Iterator
from threading import Thread
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import request
from playwright.sync_api import expect
from werkzeug.serving import make_server

from app.brand import read
from app.web import guard
from tests.support.brands import HARBOUR
from tests.support.pages import Site, compile_translations
from tests.support.sample_pages import samples, token

pytestmark = pytest.mark.browser
SHOWN = (
    "username", "password-failed", "review", "approval", "token-near", "offline-payment",
    "consent", "ended-done", "error-retry",
)  # fmt: skip
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def slow(name: str) -> dict[str, object]:
    """Let an ended page stay, so that it can be looked at."""
    return {"redirect_after": 600} if name.startswith("ended-") else {}


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    """Sample pages of Harbour Bank, with the headers of the portal."""
    folder = tmp_path_factory.mktemp("translations")
    compile_translations(folder)
    brand, _ = read(HARBOUR)
    site = Site(folder, brand)
    guard.register(site.app, https=False, fonts=brand.has_fonts)

    @site.app.get("/sample/<name>")
    def sample(name: str) -> str:
        template, values = samples()[name]
        return site.render(template, request.args.get("lang", "en"), **values | slow(name))

    @site.app.get("/sample/<name>/signal")
    def signal(name: str) -> dict[str, str]:
        return {"signal": token()["signal"]}

    site.app.jinja_env.globals["live_address"] = None
    server = make_server("127.0.0.1", 0, site.app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def visit(browser, address):
    """Open sample pages; nothing may be asked of another origin, and nothing may be blocked."""
    contexts = []

    def opened(scheme: str, width: int):
        context = browser.new_context(
            color_scheme=scheme, viewport={"width": width, "height": 900}, locale="en-GB"
        )
        context.set_default_timeout(10_000)
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
        page.goto(f"{address}/sample/{name}")
        found = Axe().run(page)
        assert found.violations_count == 0, f"{name}: {found.generate_report()}"
        assert page.evaluate(OVERFLOW) == 0, name
        page.screenshot(path=gallery / f"brand-{name}-{scheme}-{width}.png", full_page=True)


def test_a_brand_brings_its_colours_its_font_and_its_logo(visit, address):
    for scheme, background in (("light", "rgb(12, 92, 70)"), ("dark", "rgb(37, 127, 99)")):
        page = visit(scheme, 1280)
        page.goto(f"{address}/sample/username")
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
    page.goto(f"{address}/sample/password-failed")
    for name in ("Help", "Forgotten password?"):
        link = page.get_by_role("link", name=f"{name} (opens in a new tab)", exact=True)
        expect(link).to_have_attribute("target", "_blank")
        expect(link).to_have_attribute("rel", "noopener noreferrer")
        assert link.bounding_box()["height"] >= 24


def test_a_link_to_a_page_in_another_language_does_not_leave_the_flow(visit, address):
    page = visit("light", 1280)
    page.context.route("https://www.harbour.example/**", lambda asked: asked.fulfill(body="ours"))
    page.goto(f"{address}/sample/username?lang=de")
    link = page.get_by_role("link", name="Privacy")
    expect(link).to_have_attribute("hreflang", "en")
    with page.expect_popup(timeout=5_000) as opened:
        link.click()
    opened.value.wait_for_url("https://www.harbour.example/privacy")
    assert page.url == f"{address}/sample/username?lang=de"


def test_a_call_does_not_leave_the_flow(visit, address):
    page = visit("light", 1280)
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.type), dialog.dismiss()))
    page.goto(f"{address}/sample/username")
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
