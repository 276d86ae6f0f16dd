"""The pages from right to left, in a language of Arabic letters that only the tests speak."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from app.web.locale import LABELS
from tests.support.catalogs import arabic, invent
from tests.support.pages import Site
from tests.support.sample_pages import samples
from tests.support.shown import OVERFLOW, serve, visit

pytestmark = pytest.mark.browser
WIDTHS = [320, 1280]
BACKWARDS = """() => [...document.querySelectorAll('bdi[dir=ltr]')].filter(each => {
  const letters = []
  const texts = document.createTreeWalker(each, NodeFilter.SHOW_TEXT)
  while (texts.nextNode()) {
    const text = texts.currentNode
    for (let at = 0; at < text.length; at++) {
      const range = document.createRange()
      range.setStart(text, at)
      range.setEnd(text, at + 1)
      const { left, top, width } = range.getBoundingClientRect()
      if (width && /[0-9A-Z]/.test(text.data[at])) letters.push({ left, top })
    }
  }
  return letters.some((one, at) =>
    at && Math.abs(one.top - letters[at - 1].top) < 2 && one.left < letters[at - 1].left)
}).map(each => each.textContent)"""
SIDES = """() => {
  const [header, logo, menu] = ['.site-header', '.logo', '.languages summary']
    .map(each => document.querySelector(each).getBoundingClientRect())
  return [header.right - logo.right, menu.left - header.left]
}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Site:
    folder = tmp_path_factory.mktemp("arabic")
    invent(folder, "ar", arabic)
    return Site(folder, labels={"ar": "العربية", **LABELS})


@pytest.fixture(scope="module")
def page(browser, site):
    """One page for all tests, which opens quickly."""
    context = browser.new_context()
    context.set_default_timeout(30_000)
    page = context.new_page()
    serve(page, site, "ar")
    yield page
    context.close()


@pytest.fixture(params=WIDTHS)
def wide_page(page, request):
    page.set_viewport_size({"width": request.param, "height": 800})
    return page


@pytest.mark.parametrize("name", sorted(samples()))
def test_a_page_reads_from_right_to_left(page, name):
    visit(page, name)
    assert page.evaluate("[document.dir, getComputedStyle(document.body).direction]") == ["rtl"] * 2
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(OVERFLOW) == 0, width
        assert page.evaluate(BACKWARDS) == [], width
        found = Axe().run(page)
        assert found.violations_count == 0, (width, found.generate_report())


def test_what_is_signed_stands_in_its_own_direction(wide_page):
    page = wide_page
    visit(page, "approval")
    for text in ("100.00 CZK", "238400856/0300", "19-2000145399/0800"):
        written = page.locator("bdi[dir=ltr]", has_text=text)
        assert written.count()
        assert {each.evaluate("e => getComputedStyle(e).direction") for each in written.all()} == {
            "ltr"
        }
    assert page.locator("#code").evaluate("e => getComputedStyle(e).direction") == "ltr"


def test_the_frame_is_mirrored_and_arrows_point_the_other_way(wide_page):
    page = wide_page
    visit(page, "username")
    assert all(abs(gap) <= 4 for gap in page.evaluate(SIDES))
    visit(page, "demo")
    turned = page.locator(".flip").evaluate_all(
        "all => all.map(e => getComputedStyle(e).transform)"
    )
    assert turned == ["matrix(-1, 0, 0, 1, 0, 0)"] * 2
