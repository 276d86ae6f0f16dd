"""How fast one worker calls integrators, how late, and whether it grows meanwhile."""

import json
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import quantiles

from bench.cloud import BackEnd, Request, create_operation
from bench.house import House
from tests.support.receiver import Called, Receiver, receiving

RECEIVERS = 10
OPERATIONS = 1000
"""Each is told to every receiver."""
WARM_UP = 50
SINGLE = 60
APART_SECONDS = 0.05
HANGING = 2000
"""Calls that wait for a receiver that hangs."""
PATIENCE_SECONDS = 600
CREATORS = 8


@dataclass(frozen=True)
class Drained:
    """What it took to make the calls that had been waiting."""

    calls: int
    seconds: float
    cpu: float
    """Seconds of the worker's CPU."""
    before: int
    after: int
    again: int
    """Resident bytes of the worker; `again`: after as many calls once more."""
    beside: float
    """Calls in a second while another receiver hangs."""
    p50: float
    p95: float
    """Milliseconds from the answer to the back end until it is called."""

    @property
    def lines(self) -> list[tuple[object, ...]]:
        """Return the lines of the table."""
        megabyte = 10**6
        return [
            (f"{self.calls:,} calls that waited: calls a second", self.calls / self.seconds),
            ("CPU ms of the worker for each", 1000 * self.cpu / self.calls),
            ("MB of the worker before", self.before / megabyte),
            ("MB of the worker after", self.after / megabyte),
            ("MB of the worker after as many again", self.again / megabyte),
            ("calls a second beside a receiver that hangs", self.beside),
            ("lag of a single call, p50 ms", self.p50),
            ("lag of a single call, p95 ms", self.p95),
        ]


def measure(house: House) -> Drained:
    """Measure one worker."""
    with receiving() as receiver:
        names = [f"receiver{number}" for number in range(RECEIVERS)]
        for name in names:
            _register(house, f"{receiver.url}/{name}")
        _fill(house, WARM_UP)
        _drain(house, receiver, WARM_UP * RECEIVERS)
        lags = quantiles(_lags(house, receiver), n=100, method="inclusive")
        _fill(house, OPERATIONS)
        before, used = house.worker.memory_info().rss, house.cpu()["worker"]
        seconds = _drain(house, receiver, OPERATIONS * RECEIVERS)
        used, after = house.cpu()["worker"] - used, house.worker.memory_info().rss
        _fill(house, OPERATIONS)
        _drain(house, receiver, OPERATIONS * RECEIVERS)
        again = house.worker.memory_info().rss
        beside = _beside_one_that_hangs(house, receiver)
    calls = OPERATIONS * RECEIVERS
    return Drained(
        calls, seconds, used, before, after, again, beside, 1000 * lags[49], 1000 * lags[94]
    )


def _beside_one_that_hangs(house: House, receiver: Receiver) -> float:
    """Let one receiver have many calls that are due before those of the others."""
    with receiving() as hanging:
        hanging.before = lambda _called: time.sleep(5)
        kind = {"type": "REGISTRATION_STATUS_CHANGE", "attributes": ["activationStatus"]}
        _register(house, hanging.url, **kind, maxAttempts=9)
        house.pause_worker()
        _in_parallel(house, [_registration(number) for number in range(HANGING)])
        _fill(house, OPERATIONS // 4)
        calls = OPERATIONS // 4 * RECEIVERS
        return calls / _drain(house, receiver, calls)


def _lags(house: House, receiver: Receiver) -> list[float]:
    """Return how long after its answer each single operation is told."""
    arrived: list[float] = []
    receiver.before = lambda _called: arrived.append(time.perf_counter())
    found = []
    back_end = BackEnd(house.port)
    for _ in range(SINGLE):
        arrived.clear()
        back_end.must(create_operation())
        answered = time.perf_counter()
        _wait_for(lambda: len(arrived) == RECEIVERS)
        found.append(max(0.0, arrived[0] - answered))
        time.sleep(APART_SECONDS)
    receiver.before = _at_once
    return found


def _at_once(_called: Called) -> None:
    """Answer without a wait."""


def _fill(house: House, operations: int) -> None:
    """Make operations while the worker sleeps."""
    house.pause_worker()
    _in_parallel(house, [create_operation()] * operations)


def _drain(house: House, receiver: Receiver, calls: int) -> float:
    """Wake the worker, and return how many seconds it needs for so many calls."""
    receiver.calls.clear()
    began = time.perf_counter()
    house.worker.resume()
    _wait_for(lambda: len(receiver.calls) >= calls)
    return time.perf_counter() - began


def _wait_for(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > until:
            raise RuntimeError("the worker does not call")
        time.sleep(0.005)


def _in_parallel(house: House, requests: list[Request]) -> None:
    def some(share: list[Request]) -> None:
        back_end = BackEnd(house.port)
        for request in share:
            back_end.must(request)

    with ThreadPoolExecutor(CREATORS) as pool:
        list(pool.map(some, [requests[n::CREATORS] for n in range(CREATORS)]))


def _register(house: House, url: str, **wanted: object) -> None:
    usual: Mapping[str, object] = {
        "name": "bench",
        "type": "OPERATION_STATUS_CHANGE",
        "callbackUrl": url,
        "attributes": ["status"],
    }
    body = json.dumps({**usual, **wanted}).encode()
    BackEnd(house.port).must(Request("POST", "/admin/applications/demo/callbacks", body))


def _registration(number: int) -> Request:
    body = json.dumps({"userId": f"benchhung{number}", "appId": "demo"}).encode()
    return Request("POST", "/registrations", body)
