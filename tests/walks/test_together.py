"""Many visitors at once, programs that die, and the end of everything."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import psutil
import pytest

from tests.support.patience import LONG
from tests.support.tiers import TIERS
from tests.support.walk import Walk

VISITORS = 8


def visit(portal, number: int) -> Walk:
    walk = Walk(portal, user=f"visitor{number}{os.urandom(2).hex()}")
    with walk.browser:
        walk.pay(amount=str(100 + number))
    return walk


def test_eight_visitors_at_once_see_no_error(portal):
    since = len(portal.lines)
    with ThreadPoolExecutor(VISITORS) as pool:
        walks = list(pool.map(lambda number: visit(portal, number), range(VISITORS)))
    for number, walk in enumerate(walks):
        assert walk.faults() == []
        assert "Payment approved" in walk.page.text
        assert f"A{100 + number}CZK" in walk.page.text
        assert walk.user in walk.page.text
    said = "\n".join(portal.lines[since:])
    assert "Traceback" not in said
    assert "database is locked" not in said
    assert '"level": "error"' not in said


@pytest.mark.parametrize("name", ["web", "worker", "demo"])
def test_a_program_that_dies_comes_back_and_walks_go_on(portal, name):
    since, died = len(portal.lines), portal.find(name).pid
    os.kill(died, signal.SIGKILL)
    portal.wait_for(f"{name} ended (SIGKILL)", since=since)
    portal.wait_until_it_answers()
    assert "Payment approved" in visit(portal, 0).page.text
    assert portal.find(name).pid != died
    assert len([line for line in portal.lines[since:] if " ended (" in line]) == 1


def test_a_code_that_was_asked_for_while_the_worker_was_dead_arrives(walk, portal):
    walk.start()
    portal.find("worker").kill()
    walk.say_who()
    walk.confirm(walk.code(within=30))
    assert walk.page.form_with(account="*")


@pytest.mark.parametrize("tier", TIERS)
def test_nothing_is_left_running_at_the_end(tiers, tier):
    with ExitStack() as stack:
        portal = tiers.start(tier, stack)
        tree = portal.tree()
        assert {portal.find(name) for name in ("web", "worker", "demo")} <= set(tree)
        visit(portal, 0)
    assert portal.process.returncode == 0
    assert not psutil.wait_procs(tree, timeout=LONG)[1]
    assert "Traceback" not in portal.output
