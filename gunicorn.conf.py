"""How gunicorn serves the portal on SQLite, with one process; PostgreSQL has `serve.py`."""

import time
from pathlib import Path
from threading import Thread

from gunicorn.config import Config
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import ThreadWorker

from app import logs
from app.settings import settings_or_exit

_settings = settings_or_exit()


class logger_class(Logger):  # noqa: N801 - gunicorn's name
    """Writes the lines that our own log has; gunicorn's own would repeat what it could not read."""

    def setup(self, cfg: Config) -> None:
        """Set the handlers up, each with our form."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(logs.formatter())


_host = f"[{_settings.host}]" if ":" in _settings.host else _settings.host
_memory = Path("/dev/shm")  # noqa: S108 - heartbeats, no data
_sockets = _settings.live_connections if _settings.holds_sockets else 0

wsgi_app = "wsgi:app"
bind = f"{_host}:{_settings.port}"
workers = 1
worker_class = "gthread"
# Waiting sockets have threads of their own: whatever their number, pages have theirs.
threads = _settings.web_threads + _sockets
worker_connections = 1000 + _sockets
graceful_timeout = 5
forwarder_headers = ""  # by default, local callers may say SCRIPT_NAME, and move a request by it
keepalive = 75  # longer than those of proxies: who closes first must be the client
loglevel = _settings.log_level.lower()
control_socket_disable = True
worker_tmp_dir = str(_memory) if _memory.is_dir() else None  # a slow disk must not look like death


def post_fork(_server: object, _worker: object) -> None:
    """Let no failure be written with its message."""
    logs.last_resort()


def post_worker_init(worker: ThreadWorker) -> None:
    """End the sockets of waiting pages when we stop, for they would outstay every grace."""
    sockets = worker.wsgi.extensions.get("webflow.live")

    def wait() -> None:
        sockets.prepare()
        while worker.alive:
            time.sleep(0.1)
        sockets.shut()

    if sockets is not None:
        Thread(target=wait, name="end-sockets", daemon=True).start()


def on_starting(_server: object) -> None:
    """Look at the database before anybody is served."""
    if _settings.profile == "production":
        from app.factory import refuse_unsafe_start  # noqa: PLC0415 - the demo starts faster without

        refuse_unsafe_start(_settings)
