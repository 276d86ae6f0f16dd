"""The worker of the demo, in a process of its own and without one."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.factory import create_worker
from app.settings import Settings
from app.worker import Worker
from tests.support.processes import die_with_parent

ROOT = Path(__file__).parents[2]


@contextmanager
def working(settings: Settings) -> Iterator[Worker]:
    """Yield a worker; it ends as its process does, which takes all connections along."""
    worker = create_worker(settings)
    try:
        yield worker
    finally:
        worker.end()  # before its connections: threads may still note how a call went
        worker._parts.engine.dispose()  # noqa: SLF001
        worker._huey.storage.close()  # noqa: SLF001
        for channel in worker._deliveries._push.values():  # noqa: SLF001
            if accounts := getattr(channel, "_accounts", None):
                for _, account in accounts._kept.values():  # noqa: SLF001
                    account.close()


@contextmanager
def worker_process(settings: Settings, log: Path, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run the worker as a process, and kill it."""
    given = {
        "WEBFLOW_DATABASE_URL": settings.database_url,
        "WEBFLOW_VAR_DIR": str(settings.var_dir),
        "WEBFLOW_SECRET_KEY": settings.secret_key.get_secret_value(),
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            (sys.executable, "worker.py"),
            cwd=ROOT,
            env={**os.environ, **given, **more},
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - one C call, and nothing else can
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
