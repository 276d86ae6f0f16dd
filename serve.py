"""The web processes on PostgreSQL: `python serve.py` runs granian as the settings say.

Each process answers one request at a time, so that none waits for another's turn in the
interpreter; a proxy in front gathers slow requests and spreads them. granian starts again what
dies. Everything here is one start: it empties the counters and looks at the database once.
"""

import os
import shutil
import signal
from collections.abc import Iterator
from functools import partial
from typing import Any

import structlog
from flask import Flask
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer

from app import logs
from app.settings import Settings, refuse, settings_or_exit
from app.supervise import end_with

GRACE_SECONDS = 8
"""How long running requests may take when we stop; the supervisor kills after ten."""

IDLE_MILLISECONDS = 60_000
"""How long a connection may be silent; proxies have to close theirs before."""

LOGS: dict[str, Any] = {
    "formatters": {"line": {"()": logs.formatter}},
    "handlers": {"line": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {"_granian": {"handlers": ["line"], "propagate": False}},
}


def main() -> None:
    """Serve until a signal says stop."""
    settings = settings_or_exit()
    refuse(list(_faults(settings)), "Settings")
    _begin_to_count(settings)
    logs.last_resort()
    if settings.profile == "production":
        from app.factory import refuse_unsafe_start  # noqa: PLC0415 - the demo starts faster without

        refuse_unsafe_start(settings)
    _server(settings).serve(target_loader=partial(load, os.getpid()), wrap_loader=False)


def _faults(settings: Settings) -> Iterator[str]:
    if settings.embedded:
        yield "set WEBFLOW_DATABASE_URL: SQLite is served by `flask up`"
    if "live" in settings.surfaces and "surfaces" in settings.model_fields_set:
        yield "take live out of WEBFLOW_SURFACES: sockets are held by `python live.py`"


def load(parent: int) -> Flask:
    """Build the application in a process of its own, which ends with its parent."""
    # While granian starts up it loses a SIGTERM, and the process would hold the port for ever.
    # In good order the parent ends last, so that this cuts no answer.
    end_with(parent, signal.SIGKILL)
    logs.last_resort()
    from wsgi import app  # noqa: PLC0415 - built here, where it is used

    structlog.get_logger("webflow").debug("web.loaded", pid=os.getpid())
    return app


def _begin_to_count(settings: Settings) -> None:
    """Empty the folder in which all processes keep their numbers; /metrics adds them up."""
    folder = (settings.var_dir / f"metrics-{settings.port}").resolve()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def _server(settings: Settings) -> MPServer:
    return MPServer(
        "wsgi:app",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=IDLE_MILLISECONDS),
        websockets=False,
        workers=settings.web_processes,
        blocking_threads=settings.web_threads,
        respawn_failed_workers=True,
        workers_kill_timeout=GRACE_SECONDS,
        log_level=LogLevels(settings.log_level.lower()),
        log_dictconfig=LOGS,
        log_access=False,  # it would write addresses; ours writes routes
    )


if __name__ == "__main__":
    main()
