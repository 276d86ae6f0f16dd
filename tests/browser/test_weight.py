"""What pages of a payment weigh on the wire, with their headers and all their files.

The redirection to a page is not counted: it has no content, and headers of 0.8 kB.
"""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.support.mobile import MobilePhone
from tests.support.visitor import check_every_box

pytestmark = pytest.mark.browser
FIRST = 60_000
AGAIN = 8_000
TWO_QUESTIONS = 1_400
"""A page that waits asks at once, and again when its socket is open."""
WITH_A_TEXT = 9_000
"""A consent has the bank's own text on it."""


class Wire:
    """Counts the bytes that come to a page from one origin."""

    def __init__(self, page: Page, origin: str) -> None:
        self._page, self._origin = page, origin
        self._ours: set[str] = set()
        self._bytes = 0
        self._session = page.context.new_cdp_session(page)
        for name, hear in {
            "requestWillBeSent": self._asked,
            "loadingFinished": self._finished,
        }.items():
            self._session.on(f"Network.{name}", hear)
        self._session.send("Network.enable")

    def ignore_kept_files(self, *, ignored: bool) -> None:
        """Let the browser be one that was never here; what comes now is kept nevertheless."""
        self._session.send("Network.setCacheDisabled", {"cacheDisabled": ignored})

    def taken(self) -> int:
        """Return what came since the last time, once nothing comes any more."""
        self._page.wait_for_load_state("networkidle")
        taken, self._bytes = self._bytes, 0
        return taken

    def _asked(self, event: dict) -> None:
        if event["request"]["url"].startswith(self._origin):
            self._ours.add(event["requestId"])

    def _finished(self, event: dict) -> None:
        if event["requestId"] in self._ours:
            self._bytes += event["encodedDataLength"]


def walk(page: Page, portal, user: str, phone) -> Iterator[tuple[str, Callable[[], None]]]:
    """Yield the pages of a payment, each with what leads to it."""
    page.goto(portal.demo)

    def press(name: str) -> Callable[[], None]:
        return page.get_by_role("button", name=re.compile(name)).click

    yield "user name", press("^Payment SCA")
    page.get_by_label("Login number").fill(user)
    yield "password and code", press("^Continue")
    page.get_by_label("Password", exact=True).fill("test")
    page.get_by_label("Code from the SMS").fill(phone.code("LOG IN"))
    yield "review", press("^Confirm sign-in")
    yield "approval", press("^Continue")
    page.get_by_label("Password", exact=True).fill("test")
    page.get_by_label("Code from the SMS").fill(phone.code("PAY 100 CZK"))
    yield "consent", press("^Approve payment")
    check_every_box(page)
    yield "end", press("^Confirm")
    page.wait_for_url(f"{portal.demo}/**")


def test_a_page_of_a_payment_is_light_and_lighter_the_next_time(page: Page, portal, user, phone):
    wire = Wire(page, portal.address)
    weights: dict[str, list[int]] = {}
    for is_first in (True, False):
        wire.ignore_kept_files(ignored=is_first)
        for name, go in walk(page, portal, user, phone):
            wire.taken()
            go()
            weights.setdefault(name, []).append(wire.taken())
    assert {name: each for name, each in weights.items() if each[0] > FIRST} == {}
    assert weights.pop("consent")[1] <= WITH_A_TEXT
    assert {name: each for name, each in weights.items() if each[1] > AGAIN} == {}
    assert all(each[0] > each[1] > 0 for each in weights.values())


def test_a_page_that_waits_for_the_phone_is_light(page: Page, portal, user):
    MobilePhone(portal, user)
    wire = Wire(page, portal.address)
    weights = []
    for is_first in (True, False):
        wire.ignore_kept_files(ignored=is_first)
        page.goto(portal.demo)
        page.get_by_role("button", name="Payment SCA").click()
        page.get_by_label("Login number").fill(user)
        wire.taken()
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Confirm in your mobile app")
        weights.append(wire.taken())
    assert weights[0] <= FIRST, weights
    assert weights[1] <= AGAIN + TWO_QUESTIONS, weights
