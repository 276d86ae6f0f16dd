"""Sockets in Chromium: the page goes on when it is told, in each tier, and finds its way back."""

import os
import time

import pytest
from playwright.sync_api import Page, expect

from tests.support.mobile import MobilePhone
from tests.support.patience import LONG
from tests.support.tiers import TIERS

pytestmark = pytest.mark.browser
CONFIRM = "Confirm in your mobile app"
SOON = 25_000
"""Milliseconds: the next look by itself comes after thirty seconds."""


class Sockets:
    """What a page's sockets were told."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.frames: list[str] = []
        page.on("websocket", lambda opened: opened.on("framereceived", self._hear))

    def _hear(self, frame: str | bytes) -> None:
        self.frames.append(str(frame))

    def wait_until_joined(self, times: int = 1) -> None:
        """Wait until so many sockets were let in."""
        until = time.monotonic() + LONG
        while sum(frame.startswith("40") for frame in self.frames) < times:
            assert time.monotonic() < until, self.frames
            self._page.wait_for_timeout(50)


def arrive(page: Page, portal, user: str) -> Sockets:
    """Come to the page that waits, and wait until its socket is joined."""
    sockets = Sockets(page)
    page.goto(portal.demo)
    page.get_by_role("button", name="Payment SCA").click()
    page.get_by_label("Login number").fill(user)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(CONFIRM)
    sockets.wait_until_joined()
    return sockets


@pytest.mark.parametrize("tier", TIERS)
def test_the_page_goes_on_when_it_is_told_of_the_approval(page: Page, tiers, tier):  # 98
    portal = tiers.shared(tier)
    phone = MobilePhone(portal, user := f"user{os.urandom(4).hex()}")
    sockets = arrive(page, portal, user)
    with page.expect_request(lambda asked: asked.method == "POST", timeout=SOON):
        phone.approve("login")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Check this payment")
    assert '42["flow:changed"]' in sockets.frames


def test_a_page_whose_socket_is_lost_opens_another_one(context, tiers):
    portal, page = tiers.shared("one-machine"), context.new_page()
    phone = MobilePhone(portal, user := f"user{os.urandom(4).hex()}")
    sockets = arrive(page, portal, user)
    portal.find("live").kill()
    sockets.wait_until_joined(times=2)
    with page.expect_request(lambda asked: asked.method == "POST", timeout=SOON):
        phone.approve("login")
