"""Hints between processes, through a Redis that is there, lost, slow, and there again."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import hints
from app.events import Event, Name
from tests.support.redis import Server, own_redis

ROOT = Path(__file__).parents[1]


class Heard:
    """What a process hears, and whether it hears at all."""

    def __init__(self, url: str) -> None:
        self.flows: list[str] = []
        self.is_hearing = False
        told = {"begun": lambda: self._say(hearing=True), "lost": lambda: self._say(hearing=False)}
        threading.Thread(
            target=hints.keep_hearing, args=(url, self.flows.append), kwargs=told, daemon=True
        ).start()

    def _say(self, *, hearing: bool) -> None:
        self.is_hearing = hearing


def within(seconds: float, what) -> bool:
    until = time.monotonic() + seconds
    while not what():
        if time.monotonic() > until:
            return False
        time.sleep(0.005)
    return True


@pytest.fixture
def redis() -> Iterator[Server]:
    with own_redis() as server:
        yield server


@pytest.fixture
def heard(redis) -> Heard:
    heard = Heard(redis.url)
    assert within(3, lambda: heard.is_hearing)
    return heard


@pytest.mark.parametrize("name", sorted(hints.ENDED))
def test_the_end_of_an_operation_is_a_hint_for_whoever_opened_it(name):
    flows: list[str] = []
    hints.listener(flows.append)(Event(name, "operation-1", {}, "flow-1"))
    assert flows == ["flow-1"]


@pytest.mark.parametrize(
    "event", [Event(Name.OPERATION_CREATED, "o", {}, "f"), Event(Name.OPERATION_APPROVED, "o")]
)
def test_nothing_else_is_a_hint(event):
    flows: list[str] = []
    hints.listener(flows.append)(event)
    assert flows == []


def test_what_one_process_sends_another_one_hears_at_once(redis, heard):
    hints.Sender(redis.url)("flow-1")
    assert within(0.5, lambda: heard.flows == ["flow-1"])


def test_a_command_that_ends_at_once_still_sends_its_hint(redis, heard):
    said = f"from app.hints import Sender; Sender({redis.url!r})('flow-1')"
    subprocess.run((sys.executable, "-c", said), cwd=ROOT, check=True)  # noqa: S603 - ours
    assert within(0.5, lambda: heard.flows == ["flow-1"])


def test_nobody_waits_for_a_redis_that_is_lost_and_the_hint_comes_later(redis, heard):
    send = hints.Sender(redis.url)
    send("before")
    assert within(0.5, lambda: heard.flows == ["before"])
    redis.stop()
    assert within(1, lambda: not heard.is_hearing)
    began = time.perf_counter()
    for number in range(hints.MOST_KEPT + 100):
        send(f"meanwhile-{number}")
    assert time.perf_counter() - began < 0.5
    redis.start()
    assert within(4, lambda: heard.is_hearing)
    assert within(4, lambda: "meanwhile-0" in heard.flows)


def test_a_redis_that_is_silent_is_noticed(redis, heard):
    send = hints.Sender(redis.url)
    redis.pause()
    began = time.perf_counter()
    send("flow-1")
    assert time.perf_counter() - began < 0.1
    assert within(3, lambda: not heard.is_hearing)
    redis.resume()
    assert within(4, lambda: heard.is_hearing)


def test_a_command_does_not_wait_long_for_a_redis_that_is_lost(tmp_path):
    said = f"from app.hints import Sender; Sender('unix://{tmp_path}/none')('flow-1')"
    plain = "from app.hints import Sender"
    took = []
    for code in (plain, said):
        began = time.perf_counter()
        subprocess.run(  # noqa: S603 - ours
            (sys.executable, "-c", code), cwd=ROOT, check=True, capture_output=True
        )
        took.append(time.perf_counter() - began)
    assert took[1] - took[0] < 1.5
