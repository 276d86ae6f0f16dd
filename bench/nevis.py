"""What the second façade costs: enrolments, polls, introspections, and a crowd that polls."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import count
from statistics import quantiles
from time import perf_counter
from urllib.parse import urlencode

from app.mtoken.demo_access import DEMO_ACCESS_KEY
from bench.cloud import Cost
from bench.house import House

BASE = "/nevis/demo/api/v1"
CLIENTS = (1, 8, 32)
REQUESTS, ENROLLMENTS = 960, 192
PAGES = 1000
EVERY_SECONDS = 1.5
SECONDS = 15.0
POLLERS = 16
"""Connections of the crowd: a browser keeps one, but a process of ours cannot hold a thousand."""

KEY: Mapping[str, str] = {"Authorization": f"Bearer {DEMO_ACCESS_KEY}"}
JSON: Mapping[str, str] = {"Content-Type": "application/json"}
FORM: Mapping[str, str] = {"Content-Type": "application/x-www-form-urlencoded"}
NUMBERS = count()


@dataclass(frozen=True)
class Crowd:
    """What pages that poll cost one process."""

    polls: int
    wanted: float
    """Polls in a second."""
    rate: float
    share: float
    """Of one core."""
    p50: float
    p95: float

    @property
    def lines(self) -> list[tuple[object, ...]]:
        """Return the lines of the table."""
        return [
            (f"polls a second, {PAGES:,} pages every {EVERY_SECONDS} s", self.wanted),
            ("polls a second that were answered", self.rate),
            ("share of one core that they cost, %", 100 * self.share),
            ("CPU ms of a poll", 1000 * self.share / self.rate),
            ("p50 ms", self.p50),
            ("p95 ms", self.p95),
        ]


class Client:
    """One connection that is kept."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self.times: list[float] = []

    def ask(self, path: str, body: bytes, headers: Mapping[str, str]) -> Mapping[str, object]:
        """Make a call that has to succeed; return the answer."""
        began = perf_counter()
        self._connection.request("POST", BASE + path, body, dict(headers))
        answer = self._connection.getresponse()
        said = answer.read()
        self.times.append(perf_counter() - began)
        if answer.status not in (200, 201):
            raise RuntimeError(f"{path}: {answer.status} {said.decode()}")
        found: Mapping[str, object] = json.loads(said)
        return found

    def enroll(self) -> str:
        """Begin an enrolment of somebody new; return its status token."""
        body = json.dumps({"username": f"bench{next(NUMBERS)}"}).encode()
        begun = self.ask("/users/enroll", body, {**KEY, **JSON})["enrollment"]
        assert isinstance(begun, dict)  # noqa: S101 - as documented
        return str(begun["statusToken"])

    def poll(self, status_token: str) -> None:
        """Ask how it stands."""
        answer = self.ask("/status", json.dumps({"statusToken": status_token}).encode(), JSON)
        if answer["status"] != "pending":
            raise RuntimeError(str(answer))

    def introspect(self, token: str) -> None:
        """Judge a token."""
        answer = self.ask("/introspect", urlencode({"token": token}).encode(), {**KEY, **FORM})
        if answer["active"] is not True:
            raise RuntimeError(str(answer))


Act = Callable[[Client, str], object]
"""What a client does with a status token."""


def costs(house: House) -> Iterator[Cost]:
    """Measure each call with each number of clients."""
    for clients in CLIENTS:
        yield _measured(house, "enroll", clients, _enroll, ENROLLMENTS)
        yield _measured(house, "status", clients, Client.poll)
        yield _measured(
            house, "introspect", clients, lambda client, token: client.introspect(token)
        )


def _enroll(client: Client, _status_token: str) -> None:
    client.enroll()


def crowd(house: House) -> Crowd:
    """Let so many pages poll for a while."""
    token = Client(house.port).enroll()
    each = EVERY_SECONDS * POLLERS / PAGES
    used, began = house.cpu()["web"], perf_counter()

    def poll_on(number: int) -> Sequence[float]:
        client, due = Client(house.port), began + each * number / POLLERS
        while due < began + SECONDS:
            time.sleep(max(0.0, due - perf_counter()))
            client.poll(token)
            due += each
        return client.times

    with ThreadPoolExecutor(POLLERS) as pool:
        times = [taken for some in pool.map(poll_on, range(POLLERS)) for taken in some]
    seconds = perf_counter() - began
    cuts = quantiles(times, n=100, method="inclusive")
    return Crowd(
        polls=len(times),
        wanted=PAGES / EVERY_SECONDS,
        rate=len(times) / seconds,
        share=(house.cpu()["web"] - used) / seconds,
        p50=1000 * cuts[49],
        p95=1000 * cuts[94],
    )


def _measured(house: House, what: str, clients: int, act: Act, requests: int = REQUESTS) -> Cost:
    token = Client(house.port).enroll()
    several = [Client(house.port) for _ in range(clients)]

    def work(client: Client, times: int) -> None:
        for _ in range(times):
            act(client, token)

    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(lambda client: work(client, 2), several))
        for client in several:
            client.times.clear()
        before, began = house.cpu(), perf_counter()
        list(pool.map(lambda client: work(client, requests // clients), several))
    seconds, after = perf_counter() - began, house.cpu()
    times = [taken for client in several for taken in client.times]
    used = {name: 1000 * (after[name] - before[name]) / len(times) for name in before}
    cuts = quantiles(times, n=100, method="inclusive")
    return Cost(
        what=what,
        clients=clients,
        milliseconds=used["web"],
        database=used.get("database", 0.0),
        rate=len(times) / seconds,
        p50=1000 * cuts[49],
        p95=1000 * cuts[94],
    )
