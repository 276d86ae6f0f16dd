"""A hundred flows while web processes and the worker are killed at random moments."""

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import psutil
import pytest
from sqlalchemy import Engine, text

from tests.support.databases import built, engine_of
from tests.support.person import Person
from tests.support.portal import Portal
from tests.support.tiers import TIERS

FLOWS = int(os.environ.get("FLOWS", "100"))
VISITORS = 10
PAYMENTS = 10  # each so-manieth visitor pays, the others log in
KILLS = Counter({"web process": 6, "worker": 5, "web": 1})
GRACE = 0.6


class Killer(threading.Thread):
    """Kills what serves, at random moments spread over the time that the flows take."""

    def __init__(self, portal: Portal, dice: random.Random, done: Callable[[], int]) -> None:
        super().__init__(daemon=True)
        self.killed: Counter[str] = Counter()
        self._portal, self._dice, self._done = portal, dice, done
        self._plan = dice.sample(list(KILLS.elements()), KILLS.total())
        self._moments = sorted(dice.uniform(0, 0.9 * FLOWS) for _ in self._plan)

    def run(self) -> None:
        for name, moment in zip(self._plan, self._moments, strict=True):
            while self._done() < moment:
                time.sleep(0.05)
            time.sleep(self._dice.uniform(0, 0.3))
            self._kill(name)
            self._portal.wait_until_it_answers()

    def _kill(self, name: str) -> None:
        while True:
            try:
                program = self._portal.find("worker" if name == "worker" else "web")
                victims = program.children() if name == "web process" else [program]
                self._dice.choice(victims).kill()
            except (LookupError, psutil.NoSuchProcess):  # it is being started again
                time.sleep(0.1)
            else:
                self.killed[name] += 1
                return


def rows(engine: Engine, statement: str) -> list:
    with engine.connect() as connection:
        return list(connection.execute(text(statement)))


def counted(engine: Engine, statement: str) -> dict[str, int]:
    return {key: number for key, number in rows(engine, statement)}  # noqa: C416 - rows are no pairs


@pytest.mark.parametrize("tier", TIERS)
def test_a_hundred_flows_survive_whatever_is_killed(tiers, tier):
    seed = int.from_bytes(os.urandom(4))
    dice = random.Random(seed)  # noqa: S311 - moments, no secrets
    with ExitStack() as stack:
        portal = tiers.start(tier, stack)
        app = stack.enter_context(built(portal.settings))
        engine, digest = engine_of(app), app.extensions["webflow"].vault.digest
        ended: list[Person] = []
        killer = Killer(portal, dice, lambda: len(ended))
        killer.start()
        since = time.monotonic()

        def visit(number: int) -> Person:
            kind = "login_sca" if number % PAYMENTS else "payment_sca"
            user = f"killed{number}x{os.urandom(2).hex()}"
            ended.append(Person(portal, engine, user=user, kind=kind).go())

        with ThreadPoolExecutor(VISITORS) as pool:
            list(pool.map(visit, range(FLOWS)))
        people = ended
        killer.join()
        print(
            tier,
            time.monotonic() - since,
            killer.killed,
            Counter(p.end for p in people),
            sum(len(p.lost) for p in people),
        )
        for p in people:
            if p.end != "back":
                print(p.end, p.lost, p.handle)
        portal.wait_until_it_answers()
        time.sleep(GRACE)
        print(counted(engine, "select result, count(*) from flows group by result"))
        print([l for l in portal.lines if '"level": "error"' in l or "Traceback" in l][:10])
