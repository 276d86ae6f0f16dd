"""The live process on PostgreSQL: `python live.py` holds the sockets of waiting pages.

It is woken through Redis, and asks the database only whose page it is that wants to wait. Without
Redis it lets nobody in: pages ask by themselves then.
"""

# ruff: noqa: E402 - what is imported after the patch waits without a thread

from gevent import monkey

monkey.patch_all()

import os
import resource
import signal
from collections.abc import Callable, Iterator
from datetime import timedelta
from socket import socket
from typing import Any

import gevent
import structlog
from flask import Flask
from gevent.pywsgi import WSGIHandler, WSGIServer
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from app import logs, metrics
from app.api import health
from app.crypto.vault import Vault
from app.flows.demo_clock import ClockFollower
from app.flows.testers import Testers
from app.flows.watching import Watching
from app.hints import keep_hearing
from app.settings import Settings, previous_secrets, refuse, root_secret, settings_or_exit
from app.store import engine as store_engine
from app.store.keys import KeyStore
from app.upkeep.readiness import Readiness
from app.web.live import Live, SocketCount

log = structlog.get_logger("webflow.live")

DATABASE_CONNECTIONS = 4
BACKLOG = 2048
"""Connections that wait to be taken, e.g. when all pages come back at once."""

BUFFER = 1024
"""Bytes; the usual 8 KiB would stay as long as the socket."""

SPARE_FILES = 256


class Handler(WSGIHandler):  # type: ignore[misc]  # gevent has no types
    """Hands the connection over, so that it can become a socket; reads with a small buffer."""

    def __init__(self, connection: socket, address: object, server: WSGIServer) -> None:
        super().__init__(connection, address, server)
        self.rfile = connection.makefile("rb", BUFFER)

    def get_environ(self) -> dict[str, Any]:
        """Return the request."""
        return {**super().get_environ(), "webflow.socket": self.socket}


class Due(gevent.Greenlet):  # type: ignore[misc]  # gevent has no types
    """A ping whose time has come."""


def main() -> None:
    """Serve until a signal says stop."""
    os.umask(0o077)
    logs.last_resort()
    settings = settings_or_exit()
    refuse(list(_faults(settings)), "Settings")
    logs.configure(settings.log_level)
    _allow_files(settings.live_connections + SPARE_FILES)
    app, live = build(settings)
    address = (settings.host, settings.live.port)
    server = WSGIServer(address, app, backlog=BACKLOG, handler_class=Handler, log=None)
    stop = gevent.event.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(number, stop.set)
    try:
        server.start()
    except OSError as error:
        port = settings.live.port
        refuse([f"set WEBFLOW_LIVE__PORT: {port} cannot be used ({error.strerror})"], "Settings")
    gevent.spawn(keep_hearing, settings.redis_url, live.wake, begun=live.open, lost=live.shut)
    stop.wait()
    live.shut()
    server.stop(timeout=1)


def build(settings: Settings) -> tuple[Flask, Live]:
    """Build only what this process needs."""
    roots = [root_secret(settings), *previous_secrets(settings)]
    options = store_engine.options(settings.database, DATABASE_CONNECTIONS)
    engine = create_engine(settings.database, **options)
    vault = Vault(roots[0], roots[1:], KeyStore(engine))
    app = Flask("live", static_folder=None)
    app.wsgi_app = live = Live(  # type: ignore[method-assign]  # as Flask documents it
        app.wsgi_app,
        Watching(engine, vault).find,
        mode="gevent",
        origin=settings.issuer,
        cookie=settings.browser_cookie,
        connections=settings.live_connections,
        per_browser=settings.live.per_browser,
    )
    live.is_open = False  # until hints come
    _wait_without_stacks(live)
    app.register_blueprint(health.bp)
    app.extensions[health.EXTENSION] = health.Health(
        failing=Readiness(engine, vault, redis=lambda: _check(live)).failing,
        metrics=lambda: metrics.written(SocketCount(live)),
        token=settings.metrics.token.get_secret_value(),
    )
    if settings.profile == "demo":
        _follow_clock(engine)
    return app, live


def _wait_without_stacks(live: Live) -> None:
    """Let pings that are due later wait without a greenlet that has begun: 8 KiB for each page."""
    engine = live.prepare().eio
    begin, sleep = engine.start_background_task, engine.sleep

    def later(target: Callable[..., None], *given: object, **more: object) -> object:
        if target.__name__ != "_send_ping":
            return begin(target, *given, **more)
        return Due.spawn_later(engine.ping_interval, target)

    def doze(seconds: float = 0) -> None:
        if not isinstance(gevent.getcurrent(), Due):  # who is one has waited
            sleep(seconds)

    engine.start_background_task, engine.sleep = later, doze


def _check(live: Live) -> None:
    if not live.is_open:
        raise RuntimeError("no hints come from Redis")


def _follow_clock(engine: Engine) -> None:
    def read() -> timedelta:
        with Session(engine) as session:
            return Testers(session).clock_offset()

    ClockFollower(read).keep_following()


def _faults(settings: Settings) -> Iterator[str]:
    if settings.embedded:
        yield "set WEBFLOW_DATABASE_URL: on SQLite the web process holds the sockets"
    if not settings.redis_url:
        yield "set WEBFLOW_REDIS_URL: nobody could wake a page (without it pages ask by themselves)"
    if "live" not in settings.surfaces:
        yield "put live into WEBFLOW_SURFACES: this process serves nothing else"


def _allow_files(wanted: int) -> None:
    """Let each socket have its file, as far as the system lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if most > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    if most < wanted:
        log.warning("files.too_few", wanted=wanted, allowed=most)


if __name__ == "__main__":
    main()
