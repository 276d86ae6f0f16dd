"""Workers are killed in the middle of calls: nothing is lost, and nothing overtakes."""

import time
from datetime import timedelta

import pytest

from app import clock
from app.mtoken.callback_views import CallbackWish
from app.store.outbox import OutboxRow
from tests.support.operations import BANK_APP, Room
from tests.support.patience import comes
from tests.support.receiver import receiving
from tests.support.store import all_of
from tests.support.workers import worker_process

OPERATIONS = 12
KILLED_AFTER = (1, 13)


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


def test_killed_workers_lose_nothing_and_repeat_only_with_the_same_key(
    app, settings, later, tmp_path
):
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
            with worker_process(settings, tmp_path / "log"):
                assert comes(lambda n=number: len(receiver.calls) >= n)
            later()
        with worker_process(settings, tmp_path / "log"):
            assert comes(lambda: not pending(app))
    first = {call.key: call for call in reversed(receiver.calls)}
    assert all(call.body == first[call.key].body for call in receiver.calls)
    assert 0 <= len(receiver.calls) - len(first) <= 2 * len(KILLED_AFTER)
    told = {}
    for call in dict.fromkeys(call.key for call in receiver.calls):
        said = first[call].json
        told.setdefault(said["operationId"], []).append(said["status"])
    assert list(told.values()) == [["PENDING", "CANCELED"]] * OPERATIONS
    assert {row.state for row in all_of(app, OutboxRow)} == {"delivered"}
