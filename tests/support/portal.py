"""What `make run` starts, as real processes, in a folder and on ports of its own."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import psutil

from app.settings import Settings
from tests.support.processes import die_with_parent, free_ports

ROOT = Path(__file__).parents[2]
MARKS = {
    "web": ("gunicorn.conf.py", "serve.py"),
    "live": ("live.py",),
    "worker": ("worker.py",),
    "demo": ("app.demo",),
}


@dataclass
class Portal:
    """A running portal with its worker and its demo client."""

    address: str
    demo: str
    process: subprocess.Popen[str]
    settings: Settings
    """What its processes were told."""
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    lines: list[str] = field(default_factory=list)
    sockets: str = ""
    """Where waiting pages open their sockets."""

    def wait_for(self, words: str, *, since: int = 0, seconds: float = 120) -> None:
        """Wait until a line with these words was printed."""
        until = time.monotonic() + seconds
        while not any(words in line for line in self.lines[since:]):
            if time.monotonic() > until or self.process.poll() is not None:
                raise RuntimeError(f"no {words!r} in:\n{self.output}")
            time.sleep(0.02)

    def wait_until_it_answers(self, seconds: float = 120) -> None:
        """Wait until web and demo answer."""
        until = time.monotonic() + seconds
        for address in (self.address, self.demo):
            while not _healthy(address):
                if time.monotonic() > until:
                    raise RuntimeError(f"{address} is silent:\n{self.output}")
                time.sleep(0.05)

    @property
    def output(self) -> str:
        """Everything that was printed so far."""
        return "\n".join(self.lines)

    def messages(self) -> list[dict[str, str]]:
        """Return the text messages, newest first."""
        found: list[dict[str, str]] = json.loads(
            httpx2.get(f"{self.address}/demo/sms.json", timeout=20, trust_env=False).text
        )
        return found

    def flask(self, *arguments: str) -> str:
        """Run a command of the operator beside the portal; return what it says."""
        done = subprocess.run(  # noqa: S603 - ours
            (sys.executable, "-m", "flask", "--app", "wsgi", *arguments),
            cwd=ROOT,
            env={**self.environment},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def tree(self) -> list[psutil.Process]:
        """Return all processes that were started."""
        return list(psutil.Process(self.process.pid).children(recursive=True))

    def find(self, name: str) -> psutil.Process:
        """Return the process of one program: the topmost one, where it has several."""
        for process in psutil.Process(self.process.pid).children():
            if any(mark in argument for mark in MARKS[name] for argument in _command(process)):
                return process
        raise LookupError(f"no {name} among {[_command(process) for process in self.tree()]}")


@contextmanager
def running_portal(folder: Path, settings: Mapping[str, str]) -> Iterator[Portal]:
    """Start everything, wait until it is ready, and stop it."""
    port, live_port, demo_port = free_ports(3)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("WEBFLOW_")},
        "WEBFLOW_PORT": str(port),
        "WEBFLOW_LIVE__PORT": str(live_port),
        "WEBFLOW_DEMO_PORT": str(demo_port),
        "WEBFLOW_VAR_DIR": str(folder),
        **settings,
    }
    process = subprocess.Popen(
        (sys.executable, "-m", "flask", "--app", "wsgi", "up"),
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=die_with_parent,  # noqa: PLW1509 - one C call, and nothing else can
    )
    address, demo = f"http://localhost:{port}", f"http://localhost:{demo_port}"
    given = Settings(var_dir=folder, database_url=settings.get("WEBFLOW_DATABASE_URL", ""))
    has_live = "WEBFLOW_DATABASE_URL" in settings and "WEBFLOW_REDIS_URL" in settings
    sockets = f"http://localhost:{live_port}" if has_live else address
    portal = Portal(address, demo, process, given, environment, sockets=sockets)
    reader = threading.Thread(target=_read, args=(portal,), daemon=True)
    reader.start()
    try:
        portal.wait_for("Ready.")
        yield portal
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        reader.join(5)
        if process.stdout:
            process.stdout.close()


def _read(portal: Portal) -> None:
    if portal.process.stdout:
        for line in portal.process.stdout:
            portal.lines.append(line.rstrip("\n"))


def _healthy(address: str) -> bool:
    try:
        return bool(httpx2.get(f"{address}/healthz", timeout=2, trust_env=False).is_success)
    except httpx2.TransportError:
        return False


def _command(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.NoSuchProcess:
        return []
