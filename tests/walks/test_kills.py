"""A hundred flows while web processes and the worker are killed at random moments.

Three ends are right: `done`; `cookie lost`, when a process died between the commit and the answer
that carried the browser's new cookie (decision 6): the page says that the request is not
available, and nothing was paid twice; and `answer lost`, the same with the way back to the third
party: the flow is done, its only code never arrived, and the page says that it is over.
"""

import os
import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import psutil
import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.store.attempts import UserAttempts
from app.store.audit import AuditEntry
from app.store.flows import Flow, FlowRecord
from app.store.oauth import AuthorizationCode, Token
from app.store.otps import SmsAuthorization
from app.store.sessions import Browser
from tests.support.databases import built, engine_of
from tests.support.person import Person
from tests.support.portal import Portal
from tests.support.store import parts_of, reading
from tests.support.tiers import TIERS

FLOWS = 100
VISITORS = 10
PAYMENTS = 10  # every tenth visitor pays, the others log in
KILLS = Counter({"web process": 3, "worker": 3, "web": 1})
STEPS = {
    "login_sca": ["INIT", "LOGIN_SCA", "CONSENT"],
    "authorize_payment_sca": ["INIT", "LOGIN_SCA", "APPROVAL_SCA", "CONSENT"],
}


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


class Books:
    """What the database says in the end."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        with reading(app) as session:
            self.flows = {flow.handle: flow for flow in session.scalars(select(Flow))}
            self._browsers = {
                each.id: each.token_digest for each in session.scalars(select(Browser))
            }

    def judge(self, person: Person) -> str:
        """Tell how a visitor's flow ended, in one word; what nobody may see is told as it is."""
        flow = self.flows.get(person.handle)
        done = flow is not None and flow.result == "DONE"
        if person.end == "back":
            return "done" if done else f"back, and {flow.result if flow else 'no flow'}"
        if person.end == "409 oauth2" and done and lost(person, "GET", "/oauth2/resume"):
            return "answer lost"  # the way back, with the code: the third party has to ask again
        if person.end == "409 oauth2" and flow is None and lost(person, "GET", "/oauth2/authorize"):
            return "cookie lost"  # the first one
        if person.end in {"403 oauth2", "409 flow", "404 flow"} and flow is not None:
            holds = parts_of(self._app).vault.digest(person.cookie, purpose="browser")
            rotated = holds != self._browsers[str(flow.browser_id)]
            if rotated and lost(person, "POST", "/flow/"):
                return "cookie lost"
        return f"{person.end} after {person.lost}"

    def check(self) -> None:
        """Check what has to be true of every flow, whatever was killed."""
        with reading(self._app) as session:
            done = {flow.id: flow for flow in self.flows.values() if flow.result == "DONE"}
            codes = session.scalars(select(AuthorizationCode.operation_id)).all()
            tokens = session.scalars(select(Token.operation_id)).all()
            assert at_most_once(codes)
            assert at_most_once(tokens)
            assert set(tokens) <= set(codes) <= set(done)
            assert all(flow.result in ("DONE", "CONTINUE") for flow in self.flows.values())
            history = defaultdict(list)
            for entry in session.scalars(select(FlowRecord).order_by(FlowRecord.number)):
                history[entry.flow_id].append(entry)
            for flow in done.values():
                steps = [entry.step for entry in history[flow.id]]
                assert steps == STEPS[flow.operation_name]
                assert {entry.step_result for entry in history[flow.id]} == {"CONFIRMED"}
                assert [entry.number for entry in history[flow.id]] == list(
                    range(1, len(steps) + 1)
                )
                assert flow.version > len(steps)
            names = {flow.username for flow in done.values()}
            spent = session.scalars(select(UserAttempts).where(UserAttempts.failures > 0))
            assert not [row for row in spent if row.username in names]
            self._check_messages(session)

    def _check_messages(self, session: Session) -> None:
        told = select(AuditEntry).where(AuditEntry.name == "sms.delivered")
        assert at_most_once(str(e.facts["message"]) for e in session.scalars(told))
        used = select(SmsAuthorization).where(SmsAuthorization.verified)
        taken = Counter(row.operation_id for row in session.scalars(used))
        for flow in self.flows.values():
            if flow.result == "DONE":
                assert taken[flow.id] == STEPS[flow.operation_name].count("LOGIN_SCA") + STEPS[
                    flow.operation_name
                ].count("APPROVAL_SCA")


def at_most_once(names: Iterable[str]) -> bool:
    return not [name for name, number in Counter(names).items() if number > 1]


def lost(person: Person, method: str, path: str) -> bool:
    return any(each.method == method and each.path.startswith(path) for each in person.lost)


@pytest.mark.parametrize("tier", TIERS)
def test_a_hundred_flows_survive_whatever_is_killed(tiers, tier):
    dice, ended = random.Random(), []  # noqa: S311 - moments, no secrets
    with ExitStack() as stack:
        portal = tiers.start(tier, stack)
        app = stack.enter_context(built(portal.settings))
        killer = Killer(portal, dice, lambda: len(ended))
        killer.start()

        def visit(number: int) -> None:
            kind = "login_sca" if number % PAYMENTS else "payment_sca"
            user = f"killed{number}x{os.urandom(2).hex()}"
            ended.append(Person(portal, engine_of(app), user=user, kind=kind).go())

        with ThreadPoolExecutor(VISITORS) as pool:
            list(pool.map(visit, range(FLOWS)))
        killer.join()
        assert killer.killed == KILLS
        books = Books(app)
        judged = Counter(books.judge(person) for person in ended)
        assert set(judged) <= {"done", "cookie lost", "answer lost"}, judged
        assert judged["done"] >= 0.9 * FLOWS, judged
        books.check()
        assert "Traceback" not in portal.output
