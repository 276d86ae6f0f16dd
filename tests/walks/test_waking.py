"""A waiting page goes on when it hears of the phone's answer, and by itself without sockets."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import httpx2
import psutil
import pytest

from tests.support.browser import Browser
from tests.support.mobile import MobilePhone
from tests.support.patience import LONG, comes
from tests.support.portal import Portal
from tests.support.redis import own_redis
from tests.support.sockets import Socket
from tests.support.tiers import TIERS
from tests.support.walk import Walk

QUICK, SLOW = 2.0, 30.0
"""Seconds between two looks of a page: without a socket, and with one (static/js/wait.js)."""

BY_SOCKET = BY_ASKING = SLOW - 5
"""Long before the next look; and some looks later."""


@dataclass
class WaitingPage:
    """What the script of a waiting page does: a socket, a look at each hint, and by itself."""

    walk: Walk
    moved: float = 0.0
    faults: list[str] = field(default_factory=list)
    joined: int = 0
    is_connected: bool = False

    def __post_init__(self) -> None:
        self._signal = self._look()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._wait, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._done.set()
        self._thread.join(10)

    def _look(self) -> str:
        page = self.walk.browser.page.url
        cookie = f"wf_browser={self.walk.browser.cookie('wf_browser')}"
        try:
            answer = httpx2.get(
                f"{page}/signal", headers={"Cookie": cookie}, timeout=20, trust_env=False
            )
        except httpx2.TransportError as error:
            self.faults.append(repr(error))
            return self._signal
        if answer.status_code >= 500:
            self.faults.append(answer.text)
        return str(answer.json()["signal"])

    def _open(self) -> Socket | None:
        browser, portal = self.walk.browser, self.walk.portal
        try:
            page = Socket(
                portal.sockets,
                browser.page.url.rpartition("/")[2],
                cookie=f"wf_browser={browser.cookie('wf_browser')}",
                origin=portal.address,
            )
        except OSError:
            return None
        if page.status == 101 and page.wait(2, "is_joined"):
            return page
        page.close()
        return None

    def _wait(self) -> None:
        page: Socket | None = None
        due = 0.0
        while not self._done.is_set():
            if page is None:
                page = self._open()
                self.joined += page is not None
                due = 0.0
            self.is_connected = page is not None
            heard = page is not None and page.wait(0.1, "hints")
            if page is None:
                self._done.wait(0.1)
            elif page.is_closed:
                page.close()
                page, due = None, 0.0
            if (heard or time.monotonic() >= due) and self._has_news():
                break
            if heard or time.monotonic() >= due:
                due = time.monotonic() + (SLOW if page else QUICK)
        if page is not None:
            page.close()

    def _has_news(self) -> bool:
        if self._look() == self._signal:
            return False
        self.moved = time.monotonic()
        return True


@contextmanager
def waiting(portal: Portal, user: str) -> Iterator[WaitingPage]:
    """A page that waits for the phone; nothing may have failed in the end."""
    walk = Walk(portal, user=user)
    with walk.browser:
        walk.start("payment_sca")
        walk.say_who()
        assert "Confirm in your mobile app" in walk.page.text
        page = WaitingPage(walk)
        try:
            yield page
        finally:
            page.stop()
        assert page.faults == []
        assert walk.faults() == []


def approved(page: WaitingPage, phone: MobilePhone, *, within_seconds: float) -> None:
    """Approve, and see the page move."""
    phone.approve("login")
    at = time.monotonic()
    assert comes(lambda: page.moved)
    assert page.moved - at < within_seconds
    assert "Continue to approval" in page.walk.browser.press("continue").text


@pytest.mark.parametrize("tier", TIERS)
def test_an_approval_through_any_process_wakes_the_page(tiers, tier):  # 98
    portal = tiers.shared(tier)
    phone = MobilePhone(portal, user := f"woken{os.urandom(4).hex()}")
    for _ in range(4):  # whichever process answers the phone
        with waiting(portal, user) as page:
            assert comes(lambda: page.is_connected)
            time.sleep(0.3)
            approved(page, phone, within_seconds=BY_SOCKET)
            assert page.joined == 1


def test_redis_and_the_live_process_may_be_lost_and_come_back(tiers):
    with ExitStack() as stack:
        redis = stack.enter_context(own_redis())
        portal = tiers.start("one-machine", stack, redis=redis.url)
        phone = MobilePhone(portal, user := f"woken{os.urandom(4).hex()}")
        with waiting(portal, user) as page:
            assert comes(lambda: page.is_connected)
            redis.stop()
            assert comes(lambda: not page.is_connected)
            approved(page, phone, within_seconds=BY_ASKING)
        with waiting(portal, user) as page:
            redis.start()
            assert comes(lambda: page.is_connected)
            time.sleep(1.2)  # hints that were kept meanwhile have left
            approved(page, phone, within_seconds=BY_SOCKET)
        with waiting(portal, user) as page:
            assert comes(lambda: page.is_connected)
            portal.find("live").kill()
            assert comes(lambda: not page.is_connected)
            assert comes(lambda: page.is_connected)
            approved(page, phone, within_seconds=BY_SOCKET)
            assert page.joined == 2
        with waiting(portal, user) as page:
            assert comes(lambda: page.is_connected)
            redis.pause()  # takes connections, and says nothing
            assert comes(lambda: not page.is_connected)
            approved(page, phone, within_seconds=BY_ASKING)
            redis.resume()
        assert comes(lambda: "UP" in health(portal))
        stops_at_once(portal, "live", [stack.enter_context(open_socket(portal, user))])


def test_waiting_pages_take_no_thread_from_others(tiers):
    with ExitStack() as stack:
        few = {"WEBFLOW_SERVER__THREADS": "2", "WEBFLOW_LIVE__CONNECTIONS": "6"}
        portal = tiers.start("embedded", stack, **few)
        MobilePhone(portal, user := f"woken{os.urandom(4).hex()}")
        sockets = [stack.enter_context(open_socket(portal, user)) for _ in range(8)]
        assert [socket.status for socket in sockets] == [101] * 6 + [503] * 2
        for _ in range(20):
            with Browser() as browser:
                assert browser.open(f"{portal.address}/healthz").status == 200
        stops_at_once(portal, "web", sockets[:6])


def open_socket(portal: Portal, user: str) -> Socket:
    """Open the socket of a page of a flow of its own."""
    walk = Walk(portal, user=user)
    with walk.browser:
        walk.start("payment_sca")
        walk.say_who()
        cookie = f"wf_browser={walk.browser.cookie('wf_browser')}"
        handle = walk.page.url.rpartition("/")[2]
    return Socket(portal.sockets, handle, cookie=cookie, origin=portal.address)


def health(portal: Portal) -> str:
    """Ask the process that holds sockets whether it can work."""
    return httpx2.get(f"{portal.sockets}/readyz", timeout=10, trust_env=False).text


def stops_at_once(portal: Portal, holder: str, sockets: list[Socket]) -> None:
    """Stop everything: who waits keeps nobody."""
    process = portal.find(holder)
    portal.process.terminate()
    assert all(socket.wait(SLOW, "is_closed") for socket in sockets)
    assert psutil.wait_procs([process], timeout=LONG)[1] == []
    assert portal.process.wait(LONG) == 0
