"""Who may wait for a flow at a socket: the browser that walks it, while a phone is asked."""

import re
from dataclasses import dataclass

from sqlalchemy import Engine, bindparam, select
from sqlalchemy.orm import Session

from app import clock
from app.crypto.vault import Vault
from app.flows.browsers import Browsers
from app.store.flows import Flow

HANDLE = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What the name of a flow looks like; a database is not asked about anything else."""

BY_HANDLE = select(
    Flow.id, Flow.browser_id, Flow.result, Flow.expires_at, Flow.mtoken_operation_id
).where(Flow.handle == bindparam("handle"))


@dataclass(frozen=True)
class Waiting:
    """A page that waits."""

    flow_id: str
    browser_id: str
    seconds: float
    """How long it can wait, unless the customer does something."""


class Watching:
    """Answers one question, on a connection of its own; changes nothing, extends nothing."""

    def __init__(self, engine: Engine, vault: Vault) -> None:
        self._engine = engine.execution_options(writing=False)
        self._vault = vault

    def find(self, handle: str, browser_token: str | None) -> Waiting | None:
        """Return what the browser's page waits for; None, whatever the reason is."""
        if HANDLE.fullmatch(handle) is None:
            return None
        with Session(self._engine) as session:
            browser = Browsers(session, self._vault).recognise(browser_token)
            flow = session.execute(BY_HANDLE, {"handle": handle}).one_or_none()
        if browser is None or flow is None or flow.browser_id != browser:
            return None
        seconds = (flow.expires_at - clock.now()).total_seconds()
        if flow.result != "CONTINUE" or flow.mtoken_operation_id is None or seconds <= 0:
            return None
        return Waiting(flow.id, browser, seconds)
