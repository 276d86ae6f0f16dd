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
from tests.support.patience import LONG, comes
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


@pytest.fixture
def redis() -> Iterator[Server]:
    with own_redis() as server:
        yield server


@pytest.fixture
def heard(redis) -> Heard:
    heard = Heard(redis.url)
    assert comes(lambda: heard.is_hearing)
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
    assert comes(lambda: heard.flows == ["flow-1"])


def test_a_command_that_ends_at_once_still_sends_its_hint(redis, heard):
    said = f"from app.hints import Sender; Sender({redis.url!r})('flow-1')"
    subprocess.run((sys.executable, "-c", said), cwd=ROOT, check=True)  # noqa: S603 - ours
    assert comes(lambda: heard.flows == ["flow-1"])


def test_nobody_waits_for_a_redis_that_is_lost_and_the_hint_comes_later(redis, heard):
    send = hints.Sender(redis.url)
    send("before")
    assert comes(lambda: heard.flows == ["before"])
    redis.stop()
    assert comes(lambda: not heard.is_hearing)
    for number in range(hints.MOST_KEPT + 100):
        send(f"meanwhile-{number}")
    redis.start()
    assert comes(lambda: heard.is_hearing)
    assert comes(lambda: "meanwhile-0" in heard.flows)


def test_a_redis_that_is_silent_is_noticed(redis, heard):
    send = hints.Sender(redis.url)
    redis.pause()
    began = time.monotonic()
    for _ in range(50):
        send("flow-1")
    assert time.monotonic() - began < 50 * hints.REDIS_TIMEOUT / 2
    assert comes(lambda: not heard.is_hearing)
    redis.resume()
    assert comes(lambda: heard.is_hearing)


def test_a_command_does_not_wait_for_ever_for_a_redis_that_is_lost(tmp_path):
    said = f"from app.hints import Sender; Sender('unix://{tmp_path}/none')('flow-1')"
    subprocess.run(  # noqa: S603 - ours
        (sys.executable, "-c", said), cwd=ROOT, check=True, capture_output=True, timeout=LONG
    )
