"""Workers are killed in the middle of calls: nothing is lost, and nothing overtakes."""

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from app import clock
from app.mtoken.callback_views import CallbackWish
from app.store.outbox import OutboxRow
from tests.support.operations import BANK_APP, Room
from tests.support.processes import die_with_parent
from tests.support.receiver import receiving
from tests.support.store import all_of

ROOT = Path(__file__).parents[2]
OPERATIONS = 12
KILLED_AFTER = (1, 13)


@contextmanager
def working(settings):
    """Run the worker as a process of its own, and kill it."""
    process = subprocess.Popen(
        (sys.executable, "worker.py"),
        cwd=ROOT,
        env={
            **os.environ,
            "WEBFLOW_DATABASE_URL": settings.database_url,
            "WEBFLOW_VAR_DIR": str(settings.var_dir),
            "WEBFLOW_SECRET_KEY": settings.secret_key.get_secret_value(),
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=die_with_parent,  # noqa: PLW1509 - one C call, and nothing else can
    )
    try:
        yield
    finally:
        process.kill()
        process.wait()


def wait_for(true):
    until = time.monotonic() + 30
    while not true():
        assert time.monotonic() < until
        time.sleep(0.01)


def pending(app):
    return [row for row in all_of(app, OutboxRow) if row.state == "pending"]


@pytest.fixture
def later(app):
    """Move the clock that the worker follows, so that what a dead one held is free."""
    shifts = iter(range(1, 9))

    def move():
        asked = {"offset": f"PT{next(shifts)}M"}
        assert app.test_client().post("/demo/clock", json=asked).status_code == 200

    yield move
    clock.shift(timedelta(0))


def test_killed_workers_lose_nothing_and_repeat_only_with_the_same_key(app, settings, later):
    room = Room(app)
    with receiving() as receiver:
        wish = CallbackWish(
            name="x", type="OPERATION_STATUS_CHANGE", url=receiver.url, attributes=("status",)
        )
        room.do(lambda services: services.callbacks.create(BANK_APP, wish))
        for _ in range(OPERATIONS):
            room.cancel(room.create())
        receiver.before = lambda _called: time.sleep(0.05)
        for number in KILLED_AFTER:
            with working(settings):
                wait_for(lambda n=number: len(receiver.calls) >= n)
            later()
        with working(settings):
            wait_for(lambda: not pending(app))
    first = {call.key: call for call in reversed(receiver.calls)}
    assert all(call.body == first[call.key].body for call in receiver.calls)
    assert 0 <= len(receiver.calls) - len(first) <= 2 * len(KILLED_AFTER)
    told = {}
    for call in dict.fromkeys(call.key for call in receiver.calls):
        said = first[call].json
        told.setdefault(said["operationId"], []).append(said["status"])
    assert list(told.values()) == [["PENDING", "CANCELED"]] * OPERATIONS
    assert {row.state for row in all_of(app, OutboxRow)} == {"delivered"}
