"""What the calls of back ends cost, each with a name and a password."""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import cycle, islice
from statistics import quantiles
from time import perf_counter

from app.demo.phone.handset import Handset
from app.demo.phone.signing import POSSESSION, authorization
from bench.house import House
from bench.phones import BACK_END, CLOUD, PAYMENT, pair

CLIENTS = (1, 8, 32)
REQUESTS = 960
URI_ID, SIGNED = "/bench", b'{"amount":"100"}'
NOT_FOUND = 404
USER = "benchcloud"
OWNER = f"{USER}0"
"""Whose phone is asked."""


@dataclass(frozen=True)
class Request:
    """One call of the Cloud API."""

    method: str
    path: str
    body: bytes | None = None


@dataclass(frozen=True)
class Cost:
    """What so many calls took."""

    what: str
    clients: int
    milliseconds: float
    """CPU of the web process for one call."""
    database: float
    """CPU of the database's processes for one call, in milliseconds."""
    rate: float
    """Calls in a second, by the clock."""
    p50: float
    p95: float

    @property
    def line(self) -> tuple[object, ...]:
        """Return a line of the table."""
        per_second = 1000 / self.milliseconds
        costs = (per_second, self.milliseconds, self.database)
        return (self.what, self.clients, *costs, self.rate, f"{self.p50:.0f} / {self.p95:.0f}")


class BackEnd:
    """One connection that is kept."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self.times: list[float] = []

    def ask(self, request: Request) -> tuple[int, str]:
        """Make a call; return the status and what is said."""
        headers = {"Authorization": BACK_END, "Content-Type": "application/json"}
        began = perf_counter()
        self._connection.request(request.method, CLOUD + request.path, request.body, headers)
        answer = self._connection.getresponse()
        said = answer.read().decode()
        self.times.append(perf_counter() - began)
        return answer.status, said

    def must(self, request: Request) -> Mapping[str, object]:
        """Make a call that has to succeed; return the answer."""
        status, said = self.ask(request)
        if status != 200:  # noqa: PLR2004 - OK
            raise RuntimeError(f"{request.method} {request.path}: {status} {said}")
        found: Mapping[str, object] = json.loads(said)
        return found


def costs(house: House) -> list[Cost]:
    """Measure each call with each number of clients."""
    handsets = [pair(house, f"{USER}{number}") for number in range(max(CLIENTS))]
    found = []
    for clients in CLIENTS:
        for what, work in _work(house, clients, handsets).items():
            if work:
                _all_of(house, [some[:2] for some in work])
                found.append(_measured(house, what, [some[2:] for some in work]))
    return found


def _work(
    house: House, clients: int, handsets: Sequence[Handset]
) -> dict[str, list[list[Request]]]:
    """Return what each client asks: two calls to warm up, then those that count."""
    each = REQUESTS // clients + 2
    opened = [BackEnd(house.port).must(create_operation(OWNER))["operationId"] for _ in range(50)]
    shown = [Request("GET", f"/operations/{operation}") for operation in opened]
    listed = Request("GET", f"/registrations?userId={OWNER}&appId=demo")
    return {
        "create operation": [[create_operation(OWNER)] * each] * clients,
        "get operation": [list(islice(cycle(shown), each)) for _ in range(clients)],
        "list registrations": [[listed] * each] * clients,
        "verify signature": [[_signed(phone) for _ in range(each)] for phone in handsets[:clients]]
        if _verifies(house)
        else [],
    }


def create_operation(user: str | None = None) -> Request:
    """Return the call that asks a user's phone for a payment, or whoever claims it."""
    whose = {"template": PAYMENT["template"], "parameters": PAYMENT["parameters"]}
    return Request(
        "POST", "/operations", json.dumps(whose | ({"userId": user} if user else {})).encode()
    )


def _signed(handset: Handset) -> Request:
    asked = {
        "method": "POST",
        "uriId": URI_ID,
        "authHeader": authorization(handset.state, POSSESSION, URI_ID, SIGNED),
        "requestBody": base64.b64encode(SIGNED).decode(),
    }
    return Request("POST", "/signature/verify", json.dumps(asked).encode())


def _verifies(house: House) -> bool:
    """Tell whether this version has the call."""
    return BackEnd(house.port).ask(Request("POST", "/signature/verify", b"{}"))[0] != NOT_FOUND


def _measured(house: House, what: str, work: list[list[Request]]) -> Cost:
    before, began = house.cpu(), perf_counter()
    times = _all_of(house, work)
    seconds, after = perf_counter() - began, house.cpu()
    used = {name: 1000 * (after[name] - before[name]) / len(times) for name in before}
    cuts = quantiles(times, n=100, method="inclusive")
    return Cost(
        what=what,
        clients=len(work),
        milliseconds=used["web"],
        database=used.get("database", 0.0),
        rate=len(times) / seconds,
        p50=1000 * cuts[49],
        p95=1000 * cuts[94],
    )


def _all_of(house: House, work: list[list[Request]]) -> list[float]:
    """Let each client do its work, all at once; return the time of each call."""

    def client(requests: list[Request]) -> list[float]:
        back_end = BackEnd(house.port)
        for request in requests:
            said = back_end.must(request)
            if said.get("signatureValid") is False:
                raise RuntimeError(re.sub(r"\s+", " ", str(said)))
        return back_end.times

    with ThreadPoolExecutor(len(work)) as pool:
        return [taken for times in pool.map(client, work) for taken in times]
