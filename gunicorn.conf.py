"""How gunicorn serves the portal; every value comes from our settings."""

from pathlib import Path

from app.settings import Settings

_settings = Settings()
_host = f"[{_settings.host}]" if ":" in _settings.host else _settings.host
_memory = Path("/dev/shm")  # noqa: S108 - heartbeats, no data

wsgi_app = "wsgi:app"
bind = f"{_host}:{_settings.port}"
worker_class = "gthread"
threads = _settings.server.threads
graceful_timeout = 5
loglevel = _settings.log_level.lower()
control_socket_disable = True
worker_tmp_dir = str(_memory) if _memory.is_dir() else None  # a slow disk must not look like death
if _settings.embedded:
    workers = 1  # elsewhere gunicorn's own WEB_CONCURRENCY decides
