"""The one queue of everything that leaves the house after a commit."""

import json
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import CheckConstraint, Index, LargeBinary, String, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app import clock
from app.crypto.vault import CannotOpenError, Vault
from app.store.db import Base

SENDING = "sending"
"""Stands as the error of a row while it is being delivered, and for ever if nobody came back."""


class OutboxRow(Base):
    """One delivery; the payload is sealed, and emptied once it is of no more use."""

    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint("state IN ('pending', 'delivered', 'failed', 'void')", name="state"),
        Index("ix_outbox_due", "state", "due_at"),
        Index("ix_outbox_finished", "finished_at"),
    )

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    """`sms`, or `decoy`: takes all the ways of an SMS, and reaches nobody."""
    reference: Mapped[str] = mapped_column(String(256), index=True)
    """What the delivery belongs to, e.g. the message id of an SMS code."""
    payload: Mapped[bytes | None] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(16), default="pending")
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    """When the next attempt may begin; a claim moves it ahead."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(64), default="")
    """Why the last attempt failed, or that it is not over."""


class Outbox:
    """Puts deliveries beside the change that they belong to, and hands them to the worker."""

    def __init__(self, session: Session, vault: Vault) -> None:
        self._session = session
        self._vault = vault
        self.filled = False
        """Whether this transaction put something in, so that the worker is worth waking."""

    def put(
        self, kind: str, reference: str, payload: dict[str, str], *, lifetime: timedelta
    ) -> None:
        """Queue one delivery; it exists once the transaction commits."""
        moment = clock.now()
        row_id, sealed = self._sealed(payload)
        self._session.add(
            OutboxRow(
                id=row_id,
                kind=kind,
                reference=reference,
                payload=sealed,
                due_at=moment,
                created_at=moment,
                expires_at=moment + lifetime,
            )
        )
        self.filled = True

    def void(self, reference: str) -> None:
        """Make sure that what waits under this reference is never sent."""
        self._session.execute(
            update(OutboxRow)
            .where(OutboxRow.reference == reference, OutboxRow.state == "pending")
            .values(state="void", payload=None, finished_at=clock.now())
        )

    def claim(self, *, hold: timedelta) -> tuple[OutboxRow, dict[str, str]] | None:
        """Take the delivery that has been due longest, for `hold`; nobody else gets it meanwhile.

        Rows past their end are voided on the way. The caller commits before it delivers. The row
        shows the error as it was: `SENDING`, if a worker took it and never said how it went.
        """
        moment = clock.now()
        self._session.execute(
            update(OutboxRow)
            .where(OutboxRow.state == "pending", OutboxRow.expires_at <= moment)
            .values(state="void", payload=None, finished_at=moment, error="expired")
        )
        due = (
            select(OutboxRow)
            .where(OutboxRow.state == "pending", OutboxRow.due_at <= moment)
            .order_by(OutboxRow.due_at)
            .limit(1)
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        )
        row = self._session.scalar(due)
        if row is None or row.payload is None:
            return None
        row.due_at, row.attempts = moment + hold, row.attempts + 1
        self._session.flush()
        self._session.execute(
            update(OutboxRow)
            .where(OutboxRow.id == row.id)
            .values(error=SENDING)
            .execution_options(synchronize_session=False)
        )
        try:
            opened = self._vault.open(row.payload, context=_context(row.id))
        except CannotOpenError:
            self.failed(row.id, "cannot_open")
            return self.claim(hold=hold)
        payload: dict[str, str] = json.loads(opened)
        return row, payload

    def delivered(self, row_id: str) -> None:
        """Note the success and forget the payload."""
        self._finish(row_id, "delivered", "")

    def failed(self, row_id: str, error: str) -> None:
        """Give up: another attempt would end the same."""
        self._finish(row_id, "failed", error)

    def retry(self, row_id: str, error: str, *, after: timedelta) -> None:
        """Try again later."""
        self._session.execute(
            update(OutboxRow)
            .where(OutboxRow.id == row_id, OutboxRow.state == "pending")
            .values(due_at=clock.now() + after, error=error)
        )

    def _sealed(self, payload: dict[str, str]) -> tuple[str, bytes]:
        row_id = str(uuid4())
        return row_id, self._vault.seal(json.dumps(payload).encode(), context=_context(row_id))

    def _finish(self, row_id: str, state: str, error: str) -> None:
        self._session.execute(
            update(OutboxRow)
            .where(OutboxRow.id == row_id, OutboxRow.state == "pending")
            .values(state=state, payload=None, finished_at=clock.now(), error=error)
        )


def _context(row_id: str) -> str:
    return f"outbox.payload:{row_id}"
