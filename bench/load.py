"""Many customers at once, and what their flows cost."""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Literal

from bench.customer import Customer
from bench.house import House

Kind = Literal["login", "login_sca", "payment"]
KINDS: tuple[Kind, ...] = ("login", "login_sca", "payment")
HASHES = {"login": 1, "login_sca": 1, "payment": 2}
"""Passwords that the demo bank hashes in one flow."""
WARM_UP = 4


@dataclass
class Cost:
    """What some complete flows took, from the third party's link to its token."""

    flows: int
    seconds: float
    cpu: dict[str, float]
    memory: int
    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)

    @property
    def milliseconds(self) -> float:
        """CPU of our own processes for one flow."""
        return 1000 * (self.cpu["web"] + self.cpu["worker"]) / self.flows

    @property
    def database(self) -> float:
        """CPU of the database's processes for one flow, in milliseconds."""
        return 1000 * self.cpu.get("database", 0.0) / self.flows

    def percentiles(self, name: str) -> tuple[float, float, float]:
        """Return p50, p95 and p99 of one request, in milliseconds."""
        cuts = quantiles(self.times[name], n=100, method="inclusive")
        return 1000 * cuts[49], 1000 * cuts[94], 1000 * cuts[98]


def measure(house: House, kind: Kind, *, users: int, flows: int) -> Cost:
    """Let so many customers walk so many flows between them."""
    for _ in range(WARM_UP):
        walk(house, kind)
    before, began = house.cpu(), time.perf_counter()
    with ThreadPoolExecutor(users) as pool:
        walked = list(pool.map(lambda _: _tried(house, kind), range(flows)))
    seconds, after = time.perf_counter() - began, house.cpu()
    used = {name: after[name] - before[name] for name in before}
    cost = Cost(flows, seconds, used, house.memory())
    for times, error in walked:
        if error:
            cost.errors.append(error)
        for name, taken in times:
            cost.times[name].append(taken)
    return cost


def walk(house: House, kind: Kind) -> Customer:
    """Walk one flow to the third party's token."""
    customer = Customer(house.port, house.code_of)
    code = getattr(customer, kind)()
    customer.exchange(code, house.secrets[client_of(kind)])
    customer.http.close()
    return customer


def client_of(kind: Kind) -> str:
    """Return the third party that starts flows of a kind."""
    return "benchlogin" if kind == "login" else "bench"


def _tried(house: House, kind: Kind) -> tuple[Sequence[tuple[str, float]], str]:
    try:
        return walk(house, kind).http.times, ""
    except Exception as error:  # noqa: BLE001 - whatever it is, it is counted and shown
        return (), f"{type(error).__name__}: {error}"[:300]


def cpu_of(house: House, act: Callable[[], int]) -> float:
    """Return how often a second of our CPU can do something; `act` says how often it did."""
    before = house.cpu()
    count = act()
    after = house.cpu()
    return count / (after["web"] - before["web"])


def lost_updates(house: House, flows: int) -> list[str]:
    """Return what is not as it must be after so many flows in an empty store."""
    wanted = {
        "flows that are done": ("SELECT count(*) FROM flows WHERE result = 'DONE'", flows),
        "codes": ("SELECT count(*) FROM oauth_codes WHERE used_at IS NOT NULL", flows),
        "tokens": ("SELECT count(*) FROM oauth_tokens", flows),
        "consents": ("SELECT count(*) FROM given_consents", flows),
        "counted failures": ("SELECT coalesce(sum(failures), 0) FROM user_attempts", 0),
    }
    found = {name: house.count(query) for name, (query, _) in wanted.items()}
    return [
        f"{name}: {found[name]} for {due}"
        for name, (_, due) in wanted.items()
        if found[name] != due
    ]
