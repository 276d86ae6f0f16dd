"""What `make run` starts, in each tier; PostgreSQL writes to disk here, as in real life."""

import os
from contextlib import ExitStack
from pathlib import Path
from tempfile import mkdtemp
from types import TracebackType
from typing import Literal, Self

from tests.support.databases import postgres_database
from tests.support.portal import Portal, running_portal
from tests.support.postgres import GIVEN_URL, running_postgres
from tests.support.redis import running_redis

Tier = Literal["embedded", "one-machine"]
TIERS: tuple[Tier, ...] = ("embedded", "one-machine")
MANY = "100000/minute"
"""All visitors of a test come from one address."""
RESEND_AFTER = 10
"""Seconds: long enough for a slow machine to be too early."""


class Tiers:
    """One portal of each tier for all tests to share, and others for those that end theirs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._shared: dict[Tier, Portal] = {}
        self._server = os.environ.get(GIVEN_URL, "")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def shared(self, tier: Tier) -> Portal:
        """Return the portal of a tier; it starts when it is first asked for."""
        if tier not in self._shared:
            self._shared[tier] = self.start(tier, self._stack)
        return self._shared[tier]

    def start(
        self, tier: Tier, stack: ExitStack, *, redis: str | None = None, **more: str
    ) -> Portal:
        """Start a portal that lives as long as the stack."""
        settings = {
            "WEBFLOW_SMS__RESEND_AFTER": f"PT{RESEND_AFTER}S",
            "WEBFLOW_RATE_LIMITS__AUTHORIZE": MANY,
        }
        if tier == "one-machine":
            if not self._server:
                self._server = self._stack.enter_context(running_postgres(durable=True))
            settings["WEBFLOW_DATABASE_URL"] = stack.enter_context(postgres_database(self._server))
            settings["WEBFLOW_REDIS_URL"] = redis or stack.enter_context(running_redis())
            settings["WEBFLOW_SERVER__PROCESSES"] = "2"
        folder = Path(mkdtemp(prefix=tier, dir=self._folder))
        return stack.enter_context(running_portal(folder, settings | more))
