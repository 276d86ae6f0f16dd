"""Sockets of waiting pages: Socket.IO says "look again" and nothing else; pages read the truth.

A connection is judged at the door, before it becomes a socket: one that is refused costs nothing.
"""

import logging
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from socket import IPPROTO_TCP, SHUT_RDWR, TCP_NODELAY
from socket import socket as Connection  # noqa: N812 - there are enough sockets here
from threading import Lock
from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qs
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import structlog
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from werkzeug.http import parse_cookie

from app import metrics
from app.flows.watching import Waiting

if TYPE_CHECKING:
    from socketio import Server

log = structlog.get_logger("webflow.live")

EXTENSION = "webflow.live"
PATH = "/socket.io/"
CHANGED = "flow:changed"
SERVERS = ("gunicorn.socket", "werkzeug.socket", "webflow.socket")
"""Where servers put the connection; the last one is ours, for those that do not."""

ALLOWANCE = 4096
"""Bytes that a page may send in all: it answers a ping of 25 seconds, for half an hour."""

LONGEST_MESSAGE = 256
KEY = re.compile(r"[A-Za-z0-9+/]{21}[AQgw]==")
"""Sixteen bytes as Base64 (RFC 6455, section 4.1)."""
LINGER_SECONDS = 5.0
"""How long after a hint a socket may stay; by then its page has gone on."""

Find = Callable[[str, str | None], Waiting | None]
Reason = Literal["not_ours", "full", "browser_full", "unavailable"]


class RefusedError(Exception):
    """No socket for this one."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class Sparing:
    """A connection that reads so much and no more."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self._left = connection, ALLOWANCE
        with suppress(OSError):  # a Unix socket knows no delay
            connection.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)  # else a hint waits 40 ms
        self.fileno, self.close = connection.fileno, connection.close
        self.send = connection.sendall  # a part of a frame is none
        self.is_socket = False
        """Whether it is one by now; until then it may carry an answer of HTTP."""

    def recv(self, size: int) -> bytes:
        """Read what came; nothing, as at the end, once more came than is allowed."""
        self.is_socket = True
        data = self._connection.recv(size)
        self._left -= len(data)
        return data if self._left >= 0 else b""

    def cut(self) -> None:
        """End it in both directions, whoever waits for something from it."""
        with suppress(OSError):  # it has ended already
            self._connection.shutdown(SHUT_RDWR)

    def get_socket(self) -> "Sparing":
        """Return what the Socket.IO server reads from, where it cannot be handed over as it is."""
        return self


@dataclass(eq=False, slots=True)
class Watch:
    """One socket, from its admission to its end."""

    flow_id: str
    browser_id: str
    until: float
    connection: Sparing = field(repr=False)
    sid: str = ""


class Live:
    """Lets waiting pages in, wakes them, and sees them out; a WSGI middleware."""

    def __init__(  # noqa: PLR0913 - each is a limit, or a part of who may enter
        self,
        others: WSGIApplication,
        find: Find,
        *,
        mode: Literal["threading", "gevent"],
        origin: str,
        cookie: str,
        connections: int,
        per_browser: int,
        pages: AbstractContextManager[object] | None = None,
    ) -> None:
        """Stand before an application; `pages` is held while it answers what is no socket."""
        self._others, self._mode = others, mode
        self.is_open = True
        self._find, self._origin, self._cookie = find, origin, cookie
        self._connections, self._per_browser = connections, per_browser
        self._pages = pages or nullcontext()
        self._lock = Lock()
        self._watches: dict[str, set[Watch]] = {}
        self._browsers: Counter[str] = Counter()
        self._count = 0
        self._preparing = Lock()
        self._server: Server | None = None

    def prepare(self) -> "Server":
        """Return the Socket.IO server; it is loaded at first: 30 MB, and half a second."""
        with self._preparing:
            if self._server is None:
                self._server = self._made()
        return self._server

    def _made(self) -> "Server":
        from socketio import Server  # noqa: PLC0415 - most processes hold no sockets

        silent = logging.getLogger("webflow.sockets")
        silent.setLevel(logging.CRITICAL)  # it would repeat whatever clients send
        server = Server(
            async_mode=self._mode,
            transports=["websocket"],
            cors_allowed_origins=[self._origin],
            max_http_buffer_size=LONGEST_MESSAGE,
            async_handlers=False,
            logger=silent,
            engineio_logger=silent,
        )
        server.on("connect", self._join)
        server.start_background_task(self._sweep, server)
        return server

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request, or hold a socket until it ends."""
        if not environ["PATH_INFO"].startswith(PATH):
            with self._pages:
                return self._others(environ, start_response)
        try:
            with self._admitted(environ) as prepared:
                held: Iterable[bytes] = self.prepare().handle_request(prepared, start_response)
                return held
        except RefusedError as refusal:
            metrics.SOCKETS_REFUSED.labels(refusal.reason).inc()
            return _refuse(refusal.reason, start_response)

    def wake(self, flow_id: str) -> None:
        """Tell the pages of a flow to look again."""
        for watch in self._of(flow_id):
            watch.until = min(watch.until, time.monotonic() + LINGER_SECONDS)
            if watch.sid and self._server is not None:
                self._server.emit(CHANGED, to=watch.sid)

    def open(self) -> None:
        """Let pages in."""
        self.is_open = True

    def shut(self) -> None:
        """Let nobody in, and end every socket: pages ask by themselves then."""
        self.is_open = False
        for watch in self._all():
            watch.connection.cut()

    def __len__(self) -> int:
        """Return how many sockets there are."""
        return self._count

    def _all(self) -> list[Watch]:
        with self._lock:
            return [watch for watches in self._watches.values() for watch in watches]

    def _of(self, flow_id: str) -> list[Watch]:
        with self._lock:
            return list(self._watches.get(flow_id, ()))

    @contextmanager
    def _admitted(self, environ: WSGIEnvironment) -> Iterator[WSGIEnvironment]:
        """Hold a place for a connection that may become a socket. Raises RefusedError."""
        connection = next((environ[name] for name in SERVERS if name in environ), None)
        if connection is None or not _is_handshake(environ):
            raise RefusedError("not_ours")
        found = self._owner(environ)
        until = time.monotonic() + found.seconds
        watch = Watch(found.flow_id, found.browser_id, until, Sparing(connection))
        self._take_place(watch)
        try:
            yield _prepared(environ, watch)
        finally:
            self._leave_place(watch)
            if watch.connection.is_socket:
                watch.connection.cut()  # no request may follow on it

    def _owner(self, environ: WSGIEnvironment) -> Waiting:
        """Return whose page this is: only the browser that walks the flow may wait for it."""
        if environ.get("HTTP_ORIGIN") != self._origin:
            raise RefusedError("not_ours")
        if not self.is_open or len(self) >= self._connections:
            raise RefusedError("full")
        handle = parse_qs(environ.get("QUERY_STRING", "")).get("flow", [""])[0]
        token = parse_cookie(environ).get(self._cookie)
        try:
            with self._pages:
                found = self._find(handle, token)
        except Exception as error:  # the database is gone: the page asks by itself, and is told
            log.warning("socket.not_judged", exc_info=True)
            raise RefusedError("unavailable") from error
        if found is None:
            raise RefusedError("not_ours")
        return found

    def _take_place(self, watch: Watch) -> None:
        with self._lock:
            if self._count >= self._connections:
                raise RefusedError("full")
            if self._browsers[watch.browser_id] >= self._per_browser:
                raise RefusedError("browser_full")
            self._browsers[watch.browser_id] += 1
            self._count += 1
            self._watches.setdefault(watch.flow_id, set()).add(watch)

    def _leave_place(self, watch: Watch) -> None:
        with self._lock:
            self._count -= 1
            self._browsers[watch.browser_id] -= 1
            if not self._browsers[watch.browser_id]:
                del self._browsers[watch.browser_id]
            self._watches[watch.flow_id].discard(watch)
            if not self._watches[watch.flow_id]:
                del self._watches[watch.flow_id]

    def _join(self, sid: str, environ: WSGIEnvironment, _auth: object = None) -> None:
        """Let hints reach the socket."""
        environ["webflow.watch"].sid = sid

    def _sweep(self, server: "Server") -> None:
        """End sockets whose time is over."""
        while True:
            server.sleep(1)
            now = time.monotonic()
            for watch in self._all():
                if watch.until < now:
                    watch.connection.cut()


class SocketCount(Collector):
    """How many sockets there are now."""

    def __init__(self, live: Live) -> None:
        self._live = live

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Count them."""
        yield GaugeMetricFamily("webflow_sockets", "Waiting pages", value=len(self._live))


def _is_handshake(environ: WSGIEnvironment) -> bool:
    return (
        environ["REQUEST_METHOD"] == "GET"
        and environ.get("HTTP_UPGRADE", "").lower() == "websocket"
        and "upgrade" in environ.get("HTTP_CONNECTION", "").lower()
        and environ.get("HTTP_SEC_WEBSOCKET_VERSION") == "13"
        and KEY.fullmatch(environ.get("HTTP_SEC_WEBSOCKET_KEY", "")) is not None
        and "sid=" not in environ.get("QUERY_STRING", "")
    )


def _prepared(environ: WSGIEnvironment, watch: Watch) -> WSGIEnvironment:
    """Return what the Socket.IO server gets: it keeps it as long as the socket lives."""
    prepared = {name: environ[name] for name in KEPT if name in environ}
    for name in SERVERS:
        if name in environ:
            prepared["eventlet.input" if name == "webflow.socket" else name] = watch.connection
    prepared["webflow.watch"] = watch
    return prepared


KEPT = (
    "REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "SERVER_NAME", "SERVER_PORT",
    "SERVER_PROTOCOL", "wsgi.url_scheme", "wsgi.input", "HTTP_HOST", "HTTP_ORIGIN",
    "HTTP_UPGRADE", "HTTP_CONNECTION", "HTTP_SEC_WEBSOCKET_KEY", "HTTP_SEC_WEBSOCKET_VERSION",
)  # fmt: skip
"""No extensions: compression would cost 300 KiB for each socket. No cookie: it was looked at."""


def _refuse(reason: Reason, start_response: StartResponse) -> Iterable[bytes]:
    status = HTTPStatus.FORBIDDEN if reason == "not_ours" else HTTPStatus.SERVICE_UNAVAILABLE
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Connection", "close")]
    start_response(f"{status.value} {status.phrase}", headers)
    return [b""]
