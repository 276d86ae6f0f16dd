"""Whether time tells who exists: one request after the other, in turn for each kind of user."""

import secrets
from collections import defaultdict
from collections.abc import Mapping
from random import Random
from statistics import median

from bench.customer import Customer
from bench.house import House

ROUNDS = 200
NAMES = {"known": "known", "unknown": "unknown", "blocked": "blocked"}
"""What the demo bank makes of the beginning of a user name."""


def medians(house: House, rounds: int = ROUNDS) -> Mapping[str, Mapping[str, float]]:
    """Return the median milliseconds of each request, by kind of user."""
    taken: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    order, kinds = Random(1), list(NAMES)  # noqa: S311 - an order, not a secret
    for _ in range(rounds):
        order.shuffle(kinds)
        for kind in kinds:
            for name, seconds in _one(house, f"{NAMES[kind]}{secrets.token_hex(6)}"):
                taken[name][kind].append(1000 * seconds)
    return {
        name: {kind: median(values) for kind, values in by_kind.items()}
        for name, by_kind in taken.items()
    }


def differences(measured: Mapping[str, Mapping[str, float]]) -> Mapping[str, float]:
    """Return how far the medians of one request lie apart, in per cent of the known user's."""
    return {
        name: 100 * (max(by_kind.values()) - min(by_kind.values())) / by_kind["known"]
        for name, by_kind in measured.items()
    }


def _one(house: House, user: str) -> list[tuple[str, float]]:
    customer = Customer(house.port, house.code_of, user)
    customer.begin("bench", "openid aisp")
    customer.give_name()
    wrong = {"action": "confirm", "code": "00000000", "password": "wrong"}
    customer.send("wrong answer", "wrong answer", **wrong)
    customer.http.close()
    return [
        (name, seconds)
        for name, seconds in customer.http.times
        if name not in ("authorize", "GET sign-in")
    ]
