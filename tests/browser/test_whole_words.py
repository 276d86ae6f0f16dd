"""Nothing is cut or broken: names on narrow screens, in every language, nor a text on paper."""

import pytest

from tests.support.pages import LANGUAGES
from tests.support.sample_site import SampleSite
from tests.support.viewer import Viewer

pytestmark = pytest.mark.browser

BROKEN = """() => {
    const broken = [];
    const names = "h1, h2, .steps li, .segments span, .button, .band";
    for (const each of document.querySelectorAll(names)) {
        const texts = document.createTreeWalker(each, NodeFilter.SHOW_TEXT);
        for (let text; (text = texts.nextNode()); ) {
            for (const word of text.data.matchAll(/[^\\s-]+/g)) {
                const range = document.createRange();
                range.setStart(text, word.index);
                range.setEnd(text, word.index + word[0].length);
                const lines = [...range.getClientRects()].map((box) => Math.round(box.top));
                if (new Set(lines).size > 1) broken.push(word[0]);
            }
        }
    }
    return broken;
}"""


@pytest.mark.parametrize("width", [320, 375])
@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_no_word_that_names_something_is_broken(
    viewer: Viewer, sample_site: SampleSite, language: str, width: int
) -> None:
    found = {}
    for name in ("username", "password", "review", "token", "offline-payment", "passkey",
                 "consent-incomplete", "ended-done", "android"):  # fmt: skip
        viewer.open(sample_site.page(name, language), width=width)
        found[name] = viewer.page.evaluate(BROKEN)
    assert {name: words for name, words in found.items() if words} == {}


@pytest.mark.parametrize("width", [320, 375])
def test_a_kind_of_account_is_not_broken(
    viewer: Viewer, sample_site: SampleSite, width: int
) -> None:
    viewer.open(sample_site.page("username"), width=width)
    viewer.page.evaluate(
        """() => ["Особистий", "Корпоративний"].forEach((name, i) => {
            document.querySelectorAll(".segments span")[i].textContent = name;
        })"""
    )
    assert viewer.page.evaluate(BROKEN) == []


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_a_login_number_stands_there_whole(
    viewer: Viewer, sample_site: SampleSite, language: str
) -> None:
    viewer.open(sample_site.page("password", language), width=320)
    cut = viewer.page.locator(".identity input").evaluate(
        "input => { input.value = 'jana.novakova.2026'; "
        "return input.scrollWidth - input.clientWidth }"
    )
    assert cut == 0


@pytest.mark.parametrize("width", [320, 1280])
def test_the_longest_login_number_does_not_widen_the_page(
    viewer: Viewer, sample_site: SampleSite, width: int
) -> None:
    viewer.open(sample_site.page("password"), width=width)
    card = viewer.page.locator(".card")
    before = card.bounding_box()
    viewer.page.locator(".identity input").evaluate("input => { input.value = 'x'.repeat(256) }")
    assert viewer.overflow() == 0
    after = card.bounding_box()
    assert before
    assert after
    assert after["width"] == before["width"]


def test_a_consent_is_printed_whole(viewer: Viewer, sample_site: SampleSite) -> None:
    viewer.open(sample_site.page("consent"))
    text = viewer.page.locator(".terms")
    hidden = "each => each.scrollHeight - each.clientHeight"
    assert text.evaluate(hidden) > 0
    viewer.page.emulate_media(media="print")
    try:
        assert text.evaluate(hidden) == 0
    finally:
        viewer.page.emulate_media(media="screen")
