"""Sockets of waiting pages: who gets one, what it says, and when it ends."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
import time_machine
from werkzeug.serving import make_server

from app import clock, hints
from app.flows.watching import Watching
from app.settings import LiveSettings, Settings
from app.web import live
from tests.support.databases import built, engine_of
from tests.support.device import paired
from tests.support.sockets import HINT, TARGET, Socket
from tests.support.store import on_sqlite, parts_of, put_in, serving
from tests.support.walker import USER, Walker

ORIGIN = "http://localhost:8080"
SOON = 10.0
"""Long before anything ends by itself."""


class Portal:
    """An application that listens, as one web process holds sockets."""

    def __init__(self, app, stack: ExitStack) -> None:
        self.app = app
        self.live = app.extensions.get(live.EXTENSION) or self._with_sockets(app)
        server = make_server("127.0.0.1", 0, app, threaded=True)
        server.daemon_threads = True
        self.address = f"http://127.0.0.1:{server.port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        stack.callback(server.server_close)
        stack.callback(thread.join)
        stack.callback(server.shutdown)
        self._stack = stack
        stack.callback(self.live.shut)

    def _with_sockets(self, app) -> live.Live:
        """Let this process hold them on PostgreSQL, too: the same code does in `live.py`."""
        parts = parts_of(app)
        app.wsgi_app = made = live.Live(
            app.wsgi_app,
            Watching(parts.engine, parts.vault).find,
            mode="threading",
            origin=parts.settings.issuer,
            cookie=parts.settings.browser_cookie,
            connections=parts.settings.live_connections,
            per_browser=parts.settings.live.per_browser,
        )
        put_in(app, listeners=[hints.listener(made.wake)])
        return made

    def open(self, walker, *, cookie=None, origin=ORIGIN, handle=None, **more) -> Socket:
        """Open a socket as the page of a visitor does."""
        handle = walker.address.rpartition("/")[2] if handle is None else handle
        cookie = f"wf_browser={token(walker)}" if cookie is None else cookie
        page = Socket(self.address, handle, cookie=cookie, origin=origin, **more)
        self._stack.callback(page.close)
        return page


def token(walker) -> str:
    kept = walker.client.get_cookie("wf_browser")
    return kept.value if kept else ""


def waiting(app) -> Walker:
    walker = Walker(app)
    walker.start_payment()
    assert "Confirm in your mobile app" in walker.name().text
    return walker


def end_operation(app, walker) -> None:
    with serving(app) as services:
        services.operations.cancel(walker.flow().mtoken_operation_id)
        services.commit()


@pytest.fixture
def phone(app):
    return paired(app, user_id=USER)


@pytest.fixture
def portal(app, phone) -> Iterator[Portal]:
    with ExitStack() as stack:
        yield Portal(app, stack)


@pytest.fixture
def walker(app, portal) -> Walker:
    return waiting(app)


def test_a_waiting_page_is_told_to_look_again_when_its_operation_ends(app, portal, walker):  # 98
    page = portal.open(walker)
    assert page.wait(SOON, "is_joined")
    assert not page.wait(0.2, "hints")
    end_operation(app, walker)
    assert page.wait(SOON, "hints")


def test_nobody_is_told_of_another_flow(app, portal, walker):
    page, other = portal.open(walker), waiting(app)
    theirs = portal.open(other)
    assert page.wait(SOON, "is_joined")
    assert theirs.wait(SOON, "is_joined")
    end_operation(app, other)
    assert theirs.wait(SOON, "hints")
    assert not page.wait(0.3, "hints")


def test_only_the_browser_that_walks_the_flow_gets_a_socket(app, portal, walker):
    stranger = waiting(app)
    assert token(stranger) != token(walker)
    for cookie in (f"wf_browser={token(stranger)}", "wf_browser=unknown", "wf_browser=", "x=y"):
        assert portal.open(walker, cookie=cookie).status == 403
    assert portal.open(walker).status == 101


@on_sqlite
def test_whatever_the_reason_is_the_refusal_is_the_same(app, portal, walker):
    ended, typing = waiting(app), Walker(app)
    ended.press("cancel")
    typing.start_payment()
    refused = [
        portal.open(walker, handle="A" * 32),
        portal.open(walker, handle=""),
        portal.open(walker, cookie=f"wf_browser={token(waiting(app))}"),
        portal.open(ended),
        portal.open(typing),
    ]
    assert [page.status for page in refused] == [403] * 5
    assert len(portal.live) == 0


@on_sqlite
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Sec-WebSocket-Version", "12"),
        ("Sec-WebSocket-Version", None),
        ("Sec-WebSocket-Key", "AAAA"),
        ("Sec-WebSocket-Key", None),
        ("Connection", "close"),
        ("Upgrade", "h2c"),
    ],
)
def test_what_is_no_handshake_is_refused_and_breaks_nothing(portal, walker, name, value):
    headers = {
        "Host": urlsplit(portal.address).netloc,
        "Origin": ORIGIN,
        "Cookie": f"wf_browser={token(walker)}",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        name: value,
    }
    there = urlsplit(portal.address)
    http = HTTPConnection(there.hostname, there.port, timeout=10)
    http.putrequest("GET", f"{TARGET}&flow={walker.address.rpartition('/')[2]}", skip_host=True)
    for each, given in headers.items():
        if given is not None:
            http.putheader(each, given)
    http.endheaders()
    assert http.getresponse().status == 403
    http.close()


@on_sqlite
@pytest.mark.parametrize(
    "origin", ["", "null", "https://evil.example", "http://localhost", "http://127.0.0.1:8080"]
)
def test_a_page_of_another_origin_gets_no_socket(portal, walker, origin):
    assert portal.open(walker, origin=origin).status == 403


@on_sqlite
def test_a_flow_that_is_over_by_the_clock_gets_no_socket(portal, walker):
    with time_machine.travel(clock.now() + timedelta(minutes=6)):
        assert portal.open(walker).status == 403


@on_sqlite
@pytest.mark.parametrize("target", ["?EIO=4&transport=polling", "?EIO=4&transport=websocket&sid=x"])
def test_there_is_no_other_transport_and_no_session_to_come_back_to(portal, walker, target):
    assert portal.open(walker, target=f"/socket.io/{target}").status in (400, 403)
    answer = walker.client.get(f"/socket.io/{target}&flow=x", headers={"Origin": ORIGIN})
    assert answer.status_code == 403
    assert "sid" not in answer.text


@on_sqlite
def test_a_socket_extends_nothing(portal, walker):
    deadline = walker.flow().expires_at
    with time_machine.travel(clock.now() + timedelta(minutes=2), tick=True):
        assert portal.open(walker).wait(SOON, "is_joined")
        assert walker.flow().expires_at == deadline


@on_sqlite
def test_a_browser_has_so_many_sockets_and_another_one_still_gets_its_own(app, portal, walker):
    pages = [portal.open(walker) for _ in range(6)]
    assert [page.status for page in pages] == [101] * 5 + [503]
    assert portal.open(waiting(app)).status == 101
    pages[0].close()
    until = time.monotonic() + SOON
    while len(portal.live) > 5 and time.monotonic() < until:
        time.sleep(0.01)
    assert portal.open(walker).status == 101


@on_sqlite
def test_beyond_its_limit_a_process_holds_no_socket(settings):
    few = settings.model_copy(update={"live": LiveSettings(connections=2, per_browser=5)})
    with built(few) as app, ExitStack() as stack:
        paired(app, user_id=USER)
        portal, walker = Portal(app, stack), waiting(app)
        assert [portal.open(walker).status for _ in range(3)] == [101, 101, 503]
        assert walker.client.get(f"{walker.address}/signal").status_code == 200


@on_sqlite
def test_a_socket_ends_after_its_hint(app, portal, walker, monkeypatch):
    monkeypatch.setattr(live, "LINGER_SECONDS", 0.2)
    page = portal.open(walker)
    assert page.wait(SOON, "is_joined")
    end_operation(app, walker)
    assert page.wait(SOON, "hints")
    assert page.wait(SOON, "is_closed")


@on_sqlite
def test_a_socket_ends_with_the_time_of_its_flow(portal, walker):
    with time_machine.travel(walker.flow().expires_at - timedelta(seconds=1), tick=True):
        page = portal.open(walker)
        assert page.status == 101
    assert page.wait(4, "is_closed")


@on_sqlite
def test_who_talks_too_much_is_cut_off(portal, walker):
    page = portal.open(walker)
    assert page.wait(SOON, "is_joined")
    for _ in range(live.ALLOWANCE // 32):
        try:
            page.say("3" + "x" * 30)
        except OSError:
            break
    assert page.wait(SOON, "is_closed")


@on_sqlite
def test_a_message_longer_than_any_of_a_page_ends_the_socket(portal, walker):
    page = portal.open(walker)
    assert page.wait(SOON, "is_joined")
    page.say("42" + "x" * live.LONGEST_MESSAGE)
    assert page.wait(SOON, "is_closed")


@on_sqlite
def test_a_socket_is_joined_once(app, portal, walker):
    page = portal.open(walker)
    assert page.wait(SOON, "is_joined")
    page.say("40")
    end_operation(app, walker)
    assert page.wait(SOON, "hints")
    assert not page.wait(0.3, "is_closed")
    assert len(page.hints) == 1


@on_sqlite
def test_what_pages_send_reaches_nobody(app, portal, walker):
    pages = [portal.open(walker) for _ in range(2)]
    assert all(page.wait(SOON, "is_joined") for page in pages)
    pages[0].say(HINT)
    assert not pages[1].wait(0.3, "hints")


@on_sqlite
def test_all_sockets_end_when_the_process_stops(portal, walker):
    pages = [portal.open(walker) for _ in range(5)]
    portal.live.shut()
    assert all(page.wait(SOON, "is_closed") for page in pages)
    assert portal.open(walker).status == 503


@on_sqlite
def test_without_a_database_a_socket_is_refused_and_no_secret_is_logged(app, portal, walker, capfd):
    secret = token(walker)
    portal.live._find = _lost  # noqa: SLF001 - the database, lost
    assert portal.open(walker).status == 503
    assert secret not in "".join(capfd.readouterr())


def _lost(_handle, _token):
    raise OSError("the database is gone")


@on_sqlite
def test_the_page_says_where_its_socket_is_and_brings_the_script(walker):
    page = walker.reload()
    assert 'data-sockets="http://localhost:8080"' in page.html
    assert "/static/vendor/socket.io/socket.io.esm.min.js?v=" in page.html


@on_sqlite
def test_without_sockets_a_page_asks_by_itself(settings):
    surfaces = ("portal", "device", "nextstep")
    with built(settings.model_copy(update={"surfaces": surfaces})) as app:
        paired(app, user_id=USER)
        assert live.EXTENSION not in app.extensions
        assert "data-sockets" not in waiting(app).page.html
        assert app.test_client().get("/socket.io/").status_code == 404


def test_the_policy_allows_the_sockets_of_the_live_process_and_no_others():
    machine = Settings(
        database_url="postgresql://localhost/none",
        redis_url="redis://localhost",
        secret_key="a secret of the tests, long enough",
        live=LiveSettings(url="https://live.example.com"),
    )
    with built(machine) as app:
        policy = app.test_client().get("/nowhere").headers["Content-Security-Policy"]
    assert "connect-src 'self' wss://live.example.com;" in policy


def test_sockets_are_counted(app, portal, walker):
    assert portal.open(walker).wait(SOON, "is_joined")
    portal.open(walker, origin="")
    told = live.SocketCount(portal.live).collect()
    assert [sample.value for family in told for sample in family.samples] == [1]
    said = app.test_client().get("/metrics").text
    assert 'webflow_sockets_refused_total{reason="not_ours"}' in said
    assert engine_of(app).pool.checkedout() == 0
