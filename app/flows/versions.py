"""Who may change a flow: one answer to a page, one change to a version."""

from sqlalchemy import ColumnElement, update
from sqlalchemy.orm import Session

from app.errors import OperationNotAvailable, StepNotExpected
from app.flows.preparing import next_nonce
from app.store.flows import Flow


class Versions:
    """Every move is one conditional UPDATE, so that of two at once exactly one is made."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def claim(self, flow: Flow, nonce: str) -> None:
        """Let exactly one answer to each page through."""
        if self._move(flow.id, flow.version, Flow.nonce == nonce) is None:
            raise StepNotExpected("an answer to another page", flow=flow.id)

    def grow(self, flow: Flow) -> bool:
        """Take the flow's next version, and make every open page out of date.

        False when somebody else was faster.
        """
        return self._move(flow.id, flow.version) is not None

    def resume(self, flow_id: str, version: int) -> Flow | None:
        """Take the version after this one; None when the flow has moved on meanwhile."""
        return self._move(flow_id, version)

    def bind(self, flow: Flow, browser: str) -> None:
        """Give a flow to one browser. Raises OperationNotAvailable when another has it."""
        mine = (Flow.browser_id == browser) | Flow.browser_id.is_(None)
        if self._move(flow.id, flow.version, mine, browser_id=browser) is None:
            raise OperationNotAvailable("another browser was faster", operation=flow.id)

    def _move(
        self, flow_id: str, version: int, *conditions: ColumnElement[bool], **values: object
    ) -> Flow | None:
        """Change one version to the next, and read what the flow is now."""
        moved = (
            update(Flow)
            .where(Flow.id == flow_id, Flow.version == version, Flow.result == "CONTINUE")
            .where(*conditions)
            .values(version=version + 1, nonce=next_nonce(), **values)
            .returning(Flow)
        )
        self._session.flush()  # what is read back must not overwrite what was not written yet
        return self._session.scalar(
            moved, execution_options={"populate_existing": True, "synchronize_session": False}
        )
