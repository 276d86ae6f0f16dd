"""How gunicorn serves the demo client; named on the command line, so that no other file counts."""

from os import environ
from pathlib import Path

from app.demo.environment import Environment

_environment = Environment.read(environ)
_host = f"[{_environment.host}]" if ":" in _environment.host else _environment.host
_memory = Path("/dev/shm")  # noqa: S108 - heartbeats, no data

wsgi_app = "app.demo:create_client()"
bind = f"{_host}:{_environment.demo_port}"
# One process: what a visitor did is kept in its memory, see session.py.
workers = 1
worker_class = "gthread"
threads = 8
graceful_timeout = 5
# No access log: the callback's address carries a code.
accesslog = None
loglevel = "warning"
control_socket_disable = True
worker_tmp_dir = str(_memory) if _memory.is_dir() else None
