"""Whoever looks at pages in Chromium: measures what a person would see, and what nobody should."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import ConsoleMessage, Page, Route

Scheme = Literal["light", "dark"]

# Besides the rules that are on by themselves. Left out: AAA.
MORE_RULES = (
    "css-orientation-lock",
    "focus-order-semantics",
    "hidden-content",
    "label-content-name-mismatch",
    "p-as-heading",
    "table-fake-caption",
    "target-size",
    "td-has-header",
)
AXE: dict[str, Any] = {
    "resultTypes": ["violations"],
    "rules": {rule: {"enabled": True} for rule in MORE_RULES},
}

OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"

# What moved although nobody touched the page, by how much.
SHIFTS = """async () => {
    const seen = [];
    const observer = new PerformanceObserver((list) => seen.push(...list.getEntries()));
    observer.observe({ type: "layout-shift", buffered: true });
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    seen.push(...observer.takeRecords());
    return seen.filter((each) => !each.hadRecentInput).map((each) =>
        `${each.value}: ${each.sources.map((one) => one.node?.outerHTML?.slice(0, 80))}`);
}"""

TURNED = """() => Promise.allSettled(document.getAnimations()
    .filter((each) => each instanceof CSSTransition)
    .map((each) => each.finished))"""

# A radio or a box is pressed by its label; a link inside a sentence is as high as its line.
SMALL_TARGETS = """(least) =>
    [...document.querySelectorAll("a[href], button, input, select, summary, textarea")]
        .filter((each) => each.type !== "hidden" && each.checkVisibility())
        .filter((each) => !(each.tagName === "A" && getComputedStyle(each).display === "inline"))
        .map((each) => (/radio|checkbox/.test(each.type) && each.closest("label")) || each)
        .map((each) => [each, each.getBoundingClientRect()])
        .filter(([, box]) => Math.min(box.width, box.height) < least - 0.01)
        .map(([each, box]) => `${each.outerHTML.slice(0, 90)}: ${box.width} x ${box.height}`)
"""

# As WCAG 1.4.12 has it; a constructed sheet is no inline style, so that the policy allows it.
SPACING = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`
        * { line-height: 1.5 !important; letter-spacing: .12em !important;
            word-spacing: .16em !important }
        p { margin-block-end: 2em !important }`);
    document.adoptedStyleSheets = [sheet];
}"""


@dataclass
class Viewer:
    """One page of a browser that is used again and again, and everything it complained about."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._hear)

    def open(
        self, url: str, *, scheme: Scheme = "light", width: int = 1280, height: int = 900
    ) -> None:
        """Open an address at once in this look."""
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.emulate_media(color_scheme=scheme)
        self.page.goto(url)

    def turn(self, scheme: Scheme) -> None:
        """Let the reader change the scheme of the page that is open."""
        self.page.emulate_media(color_scheme=scheme)
        self.page.evaluate(TURNED)

    def violations(self) -> str:
        """Return what axe finds, as text; empty if all is well."""
        found = Axe().run(self.page, options=AXE)
        return found.generate_report() if found.violations_count else ""

    def overflow(self) -> int:
        """Return by how many pixels the page can be scrolled sideways."""
        wide: int = self.page.evaluate(OVERFLOW)
        return wide

    def shifts(self) -> list[str]:
        """Return what moved since the page was opened."""
        moved: list[str] = self.page.evaluate(SHIFTS)
        return moved

    def targets_below(self, least: int) -> list[str]:
        """Return what can be pressed and is smaller than so many pixels."""
        found: list[str] = self.page.evaluate(SMALL_TARGETS, least)
        return found

    @contextmanager
    def late_scripts(self) -> Iterator[None]:
        """Let scripts come after the page was painted."""

        def wait(route: Route) -> None:
            self.page.wait_for_timeout(100)
            route.continue_()

        self.page.route("**/*.js*", wait)
        try:
            yield
        finally:
            self.page.unroute("**/*.js*")

    def space_text(self) -> None:
        """Space letters, words, lines and paragraphs as WCAG 1.4.12 says."""
        self.page.evaluate(SPACING)

    @contextmanager
    def larger_text(self, percent: int) -> Iterator[None]:
        """Let the reader have larger text, by the browser's own setting; pages opened within."""
        session = self.page.context.new_cdp_session(self.page)
        session.send("Page.setFontSizes", {"fontSizes": {"standard": 16 * percent // 100}})
        try:
            yield
        finally:
            session.send("Page.setFontSizes", {"fontSizes": {"standard": 16}})
            session.detach()

    def _hear(self, said: ConsoleMessage) -> None:
        if said.type == "error":  # what the policy blocks is one, too
            self.complaints.append(f"{said.text} {said.location['url']}")
