"""The portal as processes that are measured: a web server, a worker, a database."""

import base64
import os
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import psutil
from sqlalchemy import Engine, create_engine, text

from tests.support.databases import postgres_database
from tests.support.postgres import running_postgres
from tests.support.processes import die_with_parent, free_ports

ROOT = Path(__file__).resolve().parent.parent
MOMENT = 0.1
"""Seconds."""
Store = Literal["sqlite", "postgresql"]
Server = Literal["granian", "gunicorn"]


@dataclass
class House:
    """One running portal."""

    port: int
    web: psutil.Process
    worker: psutil.Process
    engine: Engine
    postmaster: psutil.Process | None
    secrets: dict[str, str]
    """Basic authorization of each client."""
    flask: Callable[..., str]
    """Runs a command of the operator's, and returns what it says."""

    def cpu(self) -> dict[str, float]:
        """Return the seconds of CPU that each part has used so far."""
        used = {"web": _cpu(self.web), "worker": _cpu(self.worker)}
        return used | ({"database": _cpu(self.postmaster)} if self.postmaster else {})

    def memory(self) -> int:
        """Return the resident bytes of the largest web process."""
        family = [self.web, *self.web.children(recursive=True)]
        return max(int(process.memory_info().rss) for process in family)

    def code_of(self, user: str) -> str:
        """Return the newest code of a user, as the demo's table shows it."""
        newest = text(
            "SELECT authorization_code FROM da_sms_authorization WHERE user_id = :user "
            "ORDER BY timestamp_created DESC LIMIT 1"
        )
        with self.engine.connect() as connection:
            return str(connection.execute(newest, {"user": user}).scalar_one())

    def pause_worker(self) -> None:
        """Stop the worker where it is, but never where others would wait for it."""
        while True:
            self.worker.suspend()
            if self._is_free():
                return
            self.worker.resume()
            time.sleep(MOMENT)

    def _is_free(self) -> bool:
        """Tell whether somebody may write: SQLite has one writer at a time."""
        if self.engine.dialect.name != "sqlite":
            return True
        with closing(sqlite3.connect(str(self.engine.url.database), timeout=MOMENT)) as database:
            try:
                database.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return False
            database.rollback()
            return True

    def count(self, query: str) -> int:
        """Return what a query counts."""
        with self.engine.connect() as connection:
            return int(connection.execute(text(query)).scalar_one())


@contextmanager
def running(store: Store, server: Server, *, processes: int = 1) -> Iterator[House]:
    """Start a portal on an empty store."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="webflow-bench-")))
        postmaster, url = None, f"sqlite:///{folder / 'webflow.db'}"
        if store == "postgresql":
            address = stack.enter_context(running_postgres(durable=True))
            postmaster = _postmaster()
            url = stack.enter_context(postgres_database(address))
        (port,) = free_ports(1)
        environment = _environment(folder, url, port, processes)
        flask = (sys.executable, "-m", "flask", "--app", "wsgi")
        _run(environment, *flask, "db", "upgrade")
        _run(environment, *flask, "seed")
        secrets = {name: _client(environment, flask, name) for name in ("bench", "benchlogin")}
        engine = create_engine(url, pool_size=40)
        stack.callback(engine.dispose)
        web = _start(stack, environment, *_server(store, server, port))
        worker = _start(stack, environment, sys.executable, "worker.py")
        _wait_for(port)
        told = partial(_run, environment, *flask)
        yield House(port, web, worker, engine, postmaster, secrets, told)


def _environment(folder: Path, url: str, port: int, processes: int) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("WEBFLOW_")}
    return {
        **own,
        "WEBFLOW_VAR_DIR": str(folder),
        "WEBFLOW_DATABASE_URL": url,
        "WEBFLOW_PORT": str(port),
        "WEBFLOW_PUBLIC_URL": f"http://localhost:{port}",
        "WEBFLOW_LOG_LEVEL": "WARNING",
        "WEBFLOW_OAUTH__CODE_LIFETIME": "PT30M",
        "WEBFLOW_RATE_LIMITS__AUTHORIZE": "",  # one address asks for everybody
        "WEBFLOW_SERVER__PROCESSES": str(processes),
    }


def _server(store: Store, server: Server, port: int) -> tuple[str, ...]:
    if store == "postgresql":
        return sys.executable, "serve.py"
    if server == "gunicorn":
        return (sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", "wsgi:app")
    return (
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"),
        *("--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
        *("--blocking-threads", "1", "--backpressure", "256", "--no-log", "wsgi:app"),
    )


def _client(environment: dict[str, str], flask: tuple[str, ...], name: str) -> str:
    operation = "login" if name == "benchlogin" else "login_sca"
    said = _run(
        environment,
        *(*flask, "clients", "create", name, "--name", name),
        *("--redirect-uri", "http://localhost:1/callback", "--login-operation", operation),
    )
    found = re.search(r"client_secret +(\S+)", said)
    if found is None:
        raise RuntimeError(said)
    return "Basic " + base64.b64encode(f"{name}:{found[1]}".encode()).decode()


def _run(environment: dict[str, str], *command: str) -> str:
    done = subprocess.run(  # noqa: S603 - ours
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{command}:\n{done.stdout}{done.stderr}")
    return done.stdout


def _start(stack: ExitStack, environment: dict[str, str], *command: str) -> psutil.Process:
    process = subprocess.Popen(  # noqa: S603 - ours
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        preexec_fn=die_with_parent,  # noqa: PLW1509 - one C call, and nothing else can
    )

    def stop() -> None:
        process.terminate()
        process.wait(20)

    stack.callback(stop)
    return psutil.Process(process.pid)


def _wait_for(port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:  # noqa: PLR2004 - OK
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise RuntimeError("the portal does not answer")


def _postmaster() -> psutil.Process:
    children = psutil.Process().children()
    return next(process for process in children if process.name() == "postgres")


def _cpu(process: psutil.Process) -> float:
    """Return the CPU of a family, those that have ended included."""
    total = 0.0
    for member in [process, *process.children(recursive=True)]:
        try:
            times = member.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
        if member == process:
            total += times.children_user + times.children_system
    return total
