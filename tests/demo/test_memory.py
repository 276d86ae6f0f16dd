"""What pages remember between two requests, and what is done once for two clicks."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.demo import memory
from app.demo.memory import Memory


def test_what_is_kept_is_found_by_its_key_alone():
    kept = Memory()
    one, other = kept.keep("one"), kept.keep("other")
    assert (kept.find(one), kept.find(other), kept.find(""), kept.find("x")) == (
        "one",
        "other",
        None,
        None,
    )
    kept.keep("another", one)
    assert kept.find(one) == "another"


def test_the_oldest_is_forgotten_when_there_is_too_much(monkeypatch):
    monkeypatch.setattr(memory, "MOST", 3)
    kept = Memory()
    keys = [kept.keep(number) for number in range(5)]
    assert [kept.find(key) for key in keys] == [None, None, 2, 3, 4]


def test_of_many_clicks_at_once_one_does_it_and_all_get_its_result():
    kept, done = Memory(), []

    def make():
        time.sleep(0.02)
        done.append(1)
        return "made"

    with ThreadPoolExecutor(8) as clicks:
        assert set(clicks.map(lambda _: kept.once("key", make), range(8))) == {"made"}
    assert done == [1]
    assert kept.once("another", make) == "made"
    assert done == [1, 1]


def test_what_failed_is_done_again_and_without_a_key_everything_is():
    kept, done = Memory(), []

    def fail():
        raise RuntimeError

    with pytest.raises(RuntimeError):
        kept.once("key", fail)
    for key in ("key", "key", "", ""):
        kept.once(key, lambda: done.append(1) or "made")
    assert len(done) == 3
