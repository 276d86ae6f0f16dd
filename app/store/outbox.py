"""The one queue of everything that leaves the house after a commit."""

import json
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import cache
from typing import cast
from uuid import uuid4

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Index,
    LargeBinary,
    Select,
    String,
    Table,
    Update,
    bindparam,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column
from sqlalchemy.orm.attributes import set_committed_value

from app import clock
from app.crypto.vault import CannotOpenError, Vault
from app.store.db import Base, changed_one

CALLBACK = "callback"
"""The kind of rows that go to integrators: each in its turn, and by workers of their own."""

TEXTS, PUSHES = ("sms", "decoy"), ("push",)
MESSAGES = (*TEXTS, *PUSHES)
"""Kinds of what people get."""

SENDING = "sending"
"""Stands as the error of a row while it is being delivered, and for ever if nobody came back."""

PENDING = text("state = 'pending'")


class OutboxRow(Base):
    """One delivery; the payload is sealed, and emptied once it is of no more use."""

    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint("state IN ('pending', 'delivered', 'failed', 'void')", name="state"),
        Index("ix_outbox_due", "state", "due_at"),
        Index("ix_outbox_finished", "finished_at"),
        Index("ix_outbox_lane", "lane", "turn", sqlite_where=PENDING, postgresql_where=PENDING),
    )

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    """`sms`, `push`, `callback`, or `decoy`: takes all the ways of an SMS, and reaches nobody."""
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
    lane: Mapped[str | None] = mapped_column(String(128))
    """Rows of one lane leave one after the other, each when the one before has ended."""
    turn: Mapped[int] = mapped_column(default=0)
    """Place in the lane."""
    delete_after: Mapped[datetime | None] = mapped_column(index=True)
    """When it is forgotten, where that is not the same for all."""


class Outbox:
    """Puts deliveries beside the change that they belong to, and hands them to the worker."""

    def __init__(self, session: Session, vault: Vault) -> None:
        self._session = session
        self._vault = vault
        self.filled = False
        """Whether this transaction put something in, so that the worker is worth waking."""

    def put(
        self,
        kind: str,
        reference: str,
        payload: dict[str, str],
        *,
        lifetime: timedelta,
        place: tuple[str, int] | None = None,
    ) -> None:
        """Queue one delivery; it exists once the transaction commits.

        `place`: lane and turn of one that must not overtake those before it.
        """
        lane, turn = place or (None, 0)
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
                lane=lane,
                turn=turn,
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

    def claim(
        self, *, hold: timedelta, kinds: Collection[str] = MESSAGES, without: Collection[str] = ()
    ) -> tuple[OutboxRow, dict[str, str]] | None:
        """Take the delivery that has been due longest, for `hold`; nobody else gets it meanwhile.

        One of these kinds, but none of the references `without`. Rows past their end are voided
        when one of them comes up. The caller commits before it delivers. The row shows the error
        as it was: `SENDING`, if a worker took it and never said how it went.
        """
        while (row := self._take(hold, kinds, without)) is not None:
            try:
                opened = self._vault.open(row.payload or b"", context=_context(row.id))
            except CannotOpenError:
                self.failed(row.id, "cannot_open")
                continue
            payload: dict[str, str] = json.loads(opened)
            return row, payload
        return None

    def _take(
        self, hold: timedelta, kinds: Collection[str], without: Collection[str]
    ) -> OutboxRow | None:
        """Take what has been due longest, and end what is too late on the way."""
        moment = clock.now()
        row = self._next(moment, kinds, without)
        while row is not None and row.expires_at <= moment:
            self._void_expired(moment, kinds)
            row = self._next(moment, kinds, without)
        if row is None or row.payload is None:
            return None
        taken = {"due_at": moment + hold, "attempts": row.attempts + 1}
        self._session.connection().execute(TAKE, {"row": row.id, "until": moment + hold})
        for name, value in taken.items():
            set_committed_value(row, name, value)
        return row

    def _next(
        self, moment: datetime, kinds: Collection[str], without: Collection[str]
    ) -> OutboxRow | None:
        wanted = {"moment": moment, "kinds": list(kinds), "without": list(without)}
        return self._session.scalar(_due(), wanted)

    def _void_expired(self, moment: datetime, kinds: Collection[str]) -> None:
        """End what is too late; it looks at all that waits, so only when there is something.

        What another worker holds is left to it: two who wait for each other's rows would never end.
        """
        late = (
            select(OutboxRow.id)
            .where(OutboxRow.state == "pending", OutboxRow.expires_at <= moment)
            .where(OutboxRow.kind.in_(kinds))
            .with_for_update(skip_locked=True)
        )
        self._session.execute(
            update(OutboxRow)
            .where(OutboxRow.id.in_(late))
            .values(state="void", payload=None, finished_at=moment, error="expired")
        )

    def delivered(self, row_id: str, *, kept: timedelta | None = None) -> None:
        """Note the success and forget the payload; `kept`: how long the row is, if not as all."""
        self._finish(FORGET, row_id, "delivered", "", kept)

    def failed(self, row_id: str, error: str, *, kept: timedelta | None = None) -> None:
        """Give up: another attempt would end the same.

        With `kept` the payload stays as long as the row: an operator may still have it sent.
        """
        self._finish(FORGET if kept is None else FINISH, row_id, "failed", error, kept)

    def drop(self, row_id: str, error: str) -> None:
        """Make sure that what was claimed is never sent: nobody may read it any more."""
        self._finish(FORGET, row_id, "void", error, None)

    def revive(self, row_id: str) -> bool:
        """Let a delivery that has failed begin again; False if its payload is gone."""
        failed = (OutboxRow.id == row_id, OutboxRow.state == "failed")
        again = {"state": "pending", "attempts": 0, "finished_at": None, "delete_after": None}
        return changed_one(
            self._session,
            update(OutboxRow)
            .where(*failed, OutboxRow.payload.is_not(None))
            .values(due_at=clock.now(), **again),
        )

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

    def _finish(
        self, how: Update, row_id: str, state: str, error: str, kept: timedelta | None
    ) -> None:
        moment = clock.now()
        values = {
            "row": row_id,
            "ending": state,
            "why": error,
            "moment": moment,
            "until": None if kept is None else moment + kept,
        }
        self._session.connection().execute(how, values)


# Every delivery runs these: put together once, and not through the ORM.
TABLE = cast("Table", OutboxRow.__table__)
TAKE = (
    update(TABLE)
    .where(TABLE.c.id == bindparam("row"))
    .values(due_at=bindparam("until"), attempts=TABLE.c.attempts + 1, error=SENDING)
)
FINISH = (
    update(TABLE)
    .where(TABLE.c.id == bindparam("row"), TABLE.c.state == "pending")
    .values(
        state=bindparam("ending"),
        error=bindparam("why"),
        finished_at=bindparam("moment"),
        delete_after=bindparam("until"),
    )
)
FORGET = FINISH.values(payload=None)


@cache
def _due() -> Select[OutboxRow]:
    """Return the question for what is due first; put together once, asked for every delivery."""
    return (
        select(OutboxRow)
        .where(OutboxRow.state == "pending", OutboxRow.due_at <= bindparam("moment"), is_next())
        .where(OutboxRow.kind.in_(bindparam("kinds", expanding=True)))
        .where(OutboxRow.reference.not_in(bindparam("without", expanding=True)))
        .order_by(OutboxRow.due_at)  # by nothing else: an index has this order
        .limit(1)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )


@cache
def is_next() -> ColumnElement[bool]:
    """Return what is true of a row before which none of its lane waits."""
    earlier = aliased(OutboxRow)
    before = select(earlier.id).where(
        earlier.lane == OutboxRow.lane,
        earlier.state == literal_column("'pending'"),  # no parameter: the index is partial
        earlier.turn < OutboxRow.turn,
    )
    return ~before.exists()


def _context(row_id: str) -> str:
    return f"outbox.payload:{row_id}"
