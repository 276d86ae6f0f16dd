"""Who may change a flow: one answer to a page, one change to a version."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.errors import OperationNotAvailable, StepNotExpected
from app.flows.preparing import next_nonce
from app.store.db import changed_one
from app.store.flows import Flow


class Versions:
    """Every move is one conditional UPDATE, so that of two at once exactly one is made."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def claim(self, flow: Flow, nonce: str) -> None:
        """Let exactly one answer to each page through."""
        fresh = next_nonce()
        taken = (
            update(Flow)
            .where(Flow.id == flow.id, Flow.nonce == nonce, Flow.version == flow.version)
            .where(Flow.result == "CONTINUE")
            .values(nonce=fresh, version=flow.version + 1)
        )
        if not changed_one(self._session, taken):
            raise StepNotExpected("an answer to another page", flow=flow.id)
        self._session.refresh(flow)

    def grow(self, flow: Flow) -> bool:
        """Take the flow's next version, and make every open page out of date.

        False when somebody else was faster.
        """
        taken = (
            update(Flow)
            .where(Flow.id == flow.id, Flow.version == flow.version, Flow.result == "CONTINUE")
            .values(version=flow.version + 1, nonce=next_nonce())
        )
        if not changed_one(self._session, taken):
            return False
        self._session.refresh(flow)
        return True

    def bind(self, flow: Flow, browser: str) -> None:
        """Give a flow to one browser. Raises OperationNotAvailable when another has it."""
        bound = (
            update(Flow)
            .where(Flow.id == flow.id, Flow.version == flow.version, Flow.result == "CONTINUE")
            .where((Flow.browser_id == browser) | Flow.browser_id.is_(None))
            .values(browser_id=browser, version=flow.version + 1, nonce=next_nonce())
        )
        if not changed_one(self._session, bound):
            raise OperationNotAvailable("another browser was faster", operation=flow.id)
        self._session.refresh(flow)
