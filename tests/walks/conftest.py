"""What `make run` starts, in each tier, once for all walks."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TypeAlias

import pytest

from tests.support.databases import postgres_database
from tests.support.portal import Portal, running_portal
from tests.support.postgres import GIVEN_URL, running_postgres
from tests.support.walk import Walk

Start: TypeAlias = Callable[[str, ExitStack], Portal]
TIERS = ("embedded", "postgresql")


@pytest.fixture(scope="session")
def start(tmp_path_factory) -> Iterator[Start]:
    """Start a portal of its own in one tier; PostgreSQL writes to disk here, as in real life."""
    servers: dict[str, str] = {}
    with ExitStack() as whole:

        def start(tier: str, stack: ExitStack) -> Portal:
            settings = {"WEBFLOW_SMS__RESEND_AFTER": "PT2S"}
            if tier == "postgresql":
                if not servers:
                    given = os.environ.get(GIVEN_URL)
                    servers["url"] = given or whole.enter_context(running_postgres(durable=True))
                settings["WEBFLOW_DATABASE_URL"] = stack.enter_context(
                    postgres_database(servers["url"])
                )
                settings["WEB_CONCURRENCY"] = "2"
            return stack.enter_context(running_portal(tmp_path_factory.mktemp(tier), settings))

        yield start


@pytest.fixture(scope="session")
def portals(start) -> Iterator[dict[str, Portal]]:
    with ExitStack() as stack:
        yield _Portals(lambda tier: start(tier, stack))


class _Portals(dict[str, Portal]):
    def __init__(self, start: Callable[[str], Portal]) -> None:
        super().__init__()
        self._start = start

    def __missing__(self, tier: str) -> Portal:
        self[tier] = self._start(tier)
        return self[tier]


@pytest.fixture(params=TIERS)
def portal(request, portals) -> Portal:
    return portals[request.param]


@pytest.fixture
def walk(portal) -> Iterator[Walk]:
    """One visitor, who must have seen no fault in the end."""
    walk = Walk(portal, user=f"user{os.urandom(4).hex()}")
    with walk.browser:
        yield walk
    assert walk.faults() == []
