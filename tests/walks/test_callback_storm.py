"""A thousand callbacks while workers and web processes are killed at random moments.

What was committed is told at least once, each event under one key, and in its order; of what was
not committed nobody hears. What the database says in the end is what has to have been told.
"""

import random
import threading
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx2
import psutil
import pytest

from app.store.operations import OperationRow
from app.store.outbox import OutboxRow
from tests.support.back_office import APP, CREDENTIALS, PAYMENT
from tests.support.databases import built
from tests.support.patience import comes
from tests.support.receiver import receiving
from tests.support.store import all_of
from tests.support.tiers import TIERS

OPERATIONS = 250
RECEIVERS = ("one", "two")
EVENTS = OPERATIONS * 2 * len(RECEIVERS)
"""Each operation is made and canceled."""
SHOPS = 4
KILLS = ("worker",) * 3 + ("web", "web process")
PARALLEL = 16
"""Calls of one worker that its death may leave unfinished."""


class Shop:
    """A back end that goes on when the portal breaks off in the middle of an answer."""

    def __init__(self, portal) -> None:
        self._portal = portal

    def ask(self, method: str, path: str, body: object = None):
        """Make a call; None: nobody knows what became of it."""
        address = f"{self._portal.address}/powerauth-cloud/v2{path}"
        try:
            answer = httpx2.request(
                method, address, json=body, auth=CREDENTIALS, trust_env=False, timeout=30
            )
        except httpx2.TransportError:
            self._portal.wait_until_it_answers()
            return None
        assert answer.status_code == 200, answer.text
        return answer.json()

    def trade(self, _number: int) -> None:
        """Ask whoever claims it for something, and withdraw it."""
        payment = {"template": "payment", "parameters": PAYMENT}
        if made := self.ask("POST", "/operations", payment):
            self.ask("DELETE", f"/operations/{made['operationId']}")


class Killer(threading.Thread):
    """Kills something each time that the receiver has heard a certain number of calls."""

    def __init__(self, portal, calls) -> None:
        super().__init__(daemon=True)
        dice = random.Random()  # noqa: S311 - moments, no secrets
        self.killed: Counter[str] = Counter()
        self._portal, self._calls = portal, calls
        moments = sorted(dice.sample(range(1, int(0.7 * EVENTS)), len(KILLS)))
        self._plan = list(zip(moments, dice.sample(KILLS, len(KILLS)), strict=True))

    def run(self) -> None:
        for moment, name in self._plan:
            while len(self._calls) < moment:
                time.sleep(0.002)
            self._kill(name)

    def _kill(self, name: str) -> None:
        while True:
            try:
                program = self._portal.find("worker" if name == "worker" else "web")
                victim = program.children()[0] if name == "web process" else program
                victim.kill()
            except (LookupError, psutil.NoSuchProcess):  # it is being started again
                time.sleep(0.05)
            else:
                self.killed[name] += 1
                return


def pending(app) -> int:
    return sum(row.state == "pending" for row in all_of(app, OutboxRow))


@pytest.mark.parametrize("tier", TIERS)
def test_whatever_is_killed_each_event_is_told_under_one_key_and_nothing_else(tiers, tier):
    with ExitStack() as stack:
        portal = tiers.start(tier, stack)
        app = stack.enter_context(built(portal.settings))
        receiver = stack.enter_context(receiving())
        shop = Shop(portal)
        for name in RECEIVERS:
            wish = {
                "name": name, "type": "OPERATION_STATUS_CHANGE",
                "callbackUrl": f"{receiver.url}/{name}", "attributes": ["status"],
            }  # fmt: skip
            assert shop.ask("POST", f"/admin/applications/{APP}/callbacks", wish)
        killer = Killer(portal, receiver.calls)
        killer.start()
        with ThreadPoolExecutor(SHOPS) as pool:
            list(pool.map(shop.trade, range(OPERATIONS)))
        killer.join(60)
        assert killer.killed == Counter(KILLS)
        portal.wait_until_it_answers()
        # What dead workers held is free half a minute later; this is later.
        later = httpx2.post(f"{portal.address}/demo/clock", json={"offset": "PT1M"})
        assert later.status_code == 200
        shop.trade(OPERATIONS)
        is_told = comes(lambda: not pending(app), within=120)
        assert is_told, Counter(row.state for row in all_of(app, OutboxRow))
        heard = list(receiver.calls)
        truth = {(row.id, "PENDING") for row in all_of(app, OperationRow)}
        truth |= {(row.id, row.status) for row in all_of(app, OperationRow)}
        states = Counter(row.state for row in all_of(app, OutboxRow))
        assert "Traceback" not in portal.output
    assert len(truth) > 0.95 * EVENTS / len(RECEIVERS)
    assert states == {"delivered": len(truth) * len(RECEIVERS)}
    keys, order = defaultdict(set), defaultdict(list)
    for call in heard:
        told = (call.json["operationId"], call.json["status"])
        keys[call.path, *told].add(call.key)
        order[call.path, told[0]].append(told[1])
    assert set(keys) == {(f"/hook/{name}", *event) for name in RECEIVERS for event in truth}
    assert {len(each) for each in keys.values()} == {1}
    assert len(set.union(*keys.values())) == len(keys)
    assert len(heard) - len(keys) <= KILLS.count("worker") * PARALLEL
    assert all(each[0] == "PENDING" for each in order.values())
