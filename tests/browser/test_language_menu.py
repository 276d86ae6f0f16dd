"""Seven languages in the header: on a narrow screen, by keyboard, without a script."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from app.web.locale import LABELS
from tests.support.pages import LANGUAGES, Site, compile_translations
from tests.support.shown import OVERFLOW, serve, visit
from tests.support.visitor import tab_to

pytestmark = pytest.mark.browser
TARGET = 44


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Site:
    folder = tmp_path_factory.mktemp("translations")
    compile_translations(folder)
    return Site(folder)


@pytest.fixture
def narrow(browser, site):
    """Return a page 320 pixels wide, made to the wishes of a test."""
    contexts = []

    def made(language="en", **wishes):
        context = browser.new_context(viewport={"width": 320, "height": 640}, **wishes)
        context.set_default_timeout(30_000)
        contexts.append(context)
        page = context.new_page()
        serve(page, site, language)
        visit(page, "username")
        return page

    yield made
    for context in contexts:
        context.close()


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_the_menu_fits_a_narrow_screen_closed_and_open(narrow, language):
    page = narrow(language)
    menu = page.locator(".languages summary")
    expect(menu).to_contain_text(LABELS[language])
    assert page.locator(".site-header").bounding_box()["height"] < 130
    assert page.evaluate(OVERFLOW) == 0
    menu.click()
    assert page.evaluate(OVERFLOW) == 0
    links = page.locator(".languages a").all()
    assert [each.inner_text() for each in links] == list(LABELS.values())
    assert all(each.bounding_box()["height"] >= TARGET for each in [menu, *links])
    below = page.locator("main").bounding_box()["y"]
    assert all(each.bounding_box()["y"] + TARGET <= below for each in links)  # covers nothing


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wrong_with_the_open_menu(narrow, scheme):
    page = narrow(color_scheme=scheme)
    page.locator(".languages summary").click()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_a_language_is_chosen_by_keyboard(narrow):
    page = narrow()
    tab_to(page, r"^Language\s+English")
    page.keyboard.press("Enter")
    tab_to(page, "^Deutsch")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"\?lang=de$"))


def test_a_language_is_chosen_without_a_script(narrow):
    page = narrow(java_script_enabled=False)
    page.locator(".languages summary").click()
    page.get_by_role("link", name="Română").click()
    page.wait_for_url(re.compile(r"\?lang=ro$"))
