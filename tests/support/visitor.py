"""What a person does in Chromium: reads codes off a phone, ticks boxes, moves with the keyboard."""

import re

from playwright.sync_api import Page, expect

from tests.support.patience import BEFORE_THE_SWEEP, comes
from tests.support.portal import Portal


class Phone:
    """Reads each message once; in this suite one visitor walks at a time."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._read = self._waiting()

    def code(self, about: str) -> str:
        """Wait for the next message, which must say what it is about; return its code."""
        assert comes(self.has_news, within=BEFORE_THE_SWEEP), self._portal.output
        new = self._waiting() - self._read
        self._read |= new
        _moment, message = max(new)
        assert about in message
        found = re.search(r"\b\d{8}\b", message)
        assert found
        return found[0]

    def has_news(self) -> bool:
        """Tell whether a message came that was not read."""
        return bool(self._waiting() - self._read)

    def _waiting(self) -> set[tuple[str, str]]:
        """Return moment and text of every message: a test may have moved the portal's clock."""
        return {(each["timestamp"], each["text"]) for each in self._portal.messages()}


def check_every_box(page: Page) -> None:
    """Tick every option of a consent."""
    expect(page.get_by_role("checkbox").first).to_be_visible()
    for box in page.get_by_role("checkbox").all():
        box.check()


def tab_to(page: Page, label: str) -> None:
    """Press Tab until the focus stands on what has this name."""
    for _ in range(60):
        page.keyboard.press("Tab")
        name = page.evaluate(
            "() => { const e = document.activeElement;"
            " return e.labels?.length ? e.labels[0].innerText : e.innerText ?? '' }"
        )
        if re.search(label, name):
            return
    raise AssertionError(f"no {label} on {page.url}")
