"""Every page that asks something is answered without a mouse, and always shows where one is."""

import pytest

from tests.support.sample_pages import samples
from tests.support.viewer import Viewer

pytestmark = pytest.mark.browser
ASKING = sorted(name for name, (_, values) in samples().items() if "page" in values)
ANYTHING = "1234567812345678"

# Where the focus is: on the main action, in a field to be filled in; and how thick its ring is.
FOCUS = """() => {
    const here = document.activeElement;
    const controls = [...document.getElementById("step").elements];
    const main = controls.find((each) => each.type === "submit");
    const ringed = here.closest(".segments") ? here.nextElementSibling : here;
    const { outlineStyle, outlineWidth } = getComputedStyle(ringed);
    return {
        main: here === main ? main.value : "",
        field: /^(text|password)$/.test(here.type) && !here.readOnly && !here.value,
        name: here.outerHTML.slice(0, 90),
        ring: outlineStyle === "none" ? 0 : parseFloat(outlineWidth),
    };
}"""


def _asks_the_browser(viewer: Viewer) -> None:
    """Press where a passkey has to sign first: there is none here, and the page says so."""
    main = viewer.page.evaluate(FOCUS)["main"]
    viewer.page.keyboard.press("Enter")
    viewer.page.wait_for_selector("[data-failed]:not([hidden])")
    assert viewer.page.evaluate(FOCUS)["main"] == main


@pytest.mark.parametrize("name", ASKING)
def test_the_main_action_is_reached_and_done_with_the_keyboard_alone(
    viewer: Viewer, sample_site, name
):
    viewer.open(sample_site.page(name))
    keyboard = viewer.page.keyboard
    here = viewer.page.evaluate(FOCUS)  # some pages put it where one begins
    for _ in range(40):
        if here["field"]:
            keyboard.type(ANYTHING)
        keyboard.press("Tab")
        here = viewer.page.evaluate(FOCUS)
        assert here["ring"] >= 3, here["name"]
        if here["main"]:
            break
    assert here["main"]
    if viewer.page.query_selector("form[data-options]"):
        _asks_the_browser(viewer)
        return
    with viewer.page.expect_navigation():
        keyboard.press("Enter")
    assert sample_site.posted[-1]["action"] == here["main"]
    assert sample_site.posted[-1]["csrf_token"]
