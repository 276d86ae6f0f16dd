"""Every page with its sample data, in Chromium, under the portal's own headers.

Axe looks at each of them in all eight looks: light and dark, in two languages, at two widths.
"""

from itertools import product

import pytest

from tests.support.sample_pages import samples
from tests.support.viewer import Viewer

pytestmark = pytest.mark.browser
EVERY = sorted(samples())
SHORT = "error-unheard-of"
"""Its footer is in sight, at the bottom: what comes into it late would push it up."""

SCRIPTED = ("approval", "ended-done", "offline-payment", "outbox", "password", "token-near")
ENDS = [("light", "en", 1280), ("dark", "cs", 320)]
LOADED = list(product(["en", "cs"], [("light", "dark", 1280), ("dark", "light", 320)]))
"""Each with the scheme in which the page comes, and the one to which it then turns."""

FRAMED = ".card, .notice, .choice, .actions .button, select, textarea, [type=text], [type=password]"
WITHOUT_BORDER = f"""[...document.querySelectorAll("{FRAMED}")]
    .filter((each) => each.checkVisibility() && !each.closest(".identity"))
    .filter((each) => getComputedStyle(each).borderTopStyle === "none")
    .map((each) => each.outerHTML.slice(0, 90))"""
NOT_WHITE = """[...document.querySelectorAll(".qr-box")]
    .map((each) => getComputedStyle(each).backgroundColor)
    .filter((each) => each !== "rgb(255, 255, 255)")"""


@pytest.mark.parametrize(("language", "look"), LOADED, ids=str)
@pytest.mark.parametrize("name", EVERY)
def test_a_page_is_accessible_and_stands_still(viewer: Viewer, sample_site, name, language, look):
    first, then, width = look
    viewer.open(sample_site.page(name, language), scheme=first, width=width)
    assert viewer.shifts() == []
    for scheme in (first, then):
        viewer.turn(scheme)
        assert viewer.overflow() == 0, scheme
        assert viewer.targets_below(44) == [], scheme
        assert viewer.violations() == "", scheme


@pytest.mark.parametrize("look", ENDS, ids=str)
@pytest.mark.parametrize("name", SCRIPTED)
def test_nothing_moves_when_a_script_comes_late(viewer: Viewer, sample_site, name, look):
    scheme, language, width = look
    with viewer.late_scripts():
        viewer.open(sample_site.page(name, language), scheme=scheme, width=width)
        assert viewer.shifts() == []


@pytest.mark.parametrize("look", ENDS, ids=str)
@pytest.mark.parametrize("name", [*SCRIPTED, SHORT])
def test_nothing_moves_when_a_page_comes_in_pieces(viewer: Viewer, sample_site, name, look):
    scheme, language, width = look
    viewer.open(sample_site.page(name, language, pieces=True), scheme=scheme, width=width)
    assert viewer.shifts() == []


@pytest.mark.parametrize(("name", "language"), list(product(EVERY, ["en", "cs"])))
def test_a_page_fits_whatever_its_reader_sets(viewer: Viewer, sample_site, name, language):
    viewer.open(sample_site.page(name, language), width=320, height=256)  # 1280 x 1024 at 400 %
    assert viewer.overflow() == 0
    viewer.space_text()
    assert viewer.overflow() == 0, "with wide spacing"
    with viewer.larger_text(200):
        viewer.page.set_viewport_size({"width": 640, "height": 900})
        assert viewer.overflow() == 0, "with text at 200 % besides"


@pytest.mark.parametrize("name", EVERY)
def test_a_page_keeps_its_shapes_without_colours_and_motion(viewer: Viewer, sample_site, name):
    viewer.page.emulate_media(forced_colors="active", reduced_motion="reduce")
    try:
        viewer.open(sample_site.page(name), width=320)
        assert viewer.page.evaluate("document.getAnimations().length") == 0
        assert viewer.page.evaluate(WITHOUT_BORDER) == []
        assert viewer.page.evaluate(NOT_WHITE) == []
        assert viewer.overflow() == 0
    finally:
        viewer.page.emulate_media(forced_colors="none", reduced_motion="no-preference")
