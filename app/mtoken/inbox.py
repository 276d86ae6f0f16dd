"""The inbox: messages that stay in a person's app, whether or not there is a phone yet.

A message belongs to one person and to the applications of the back end that posted it; on phones
and for back ends of other applications it does not exist.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal
from uuid import uuid4

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session, defer

from app import clock
from app.errors import InboxMessageNotFound, InboxRefused
from app.events import Journal, Name
from app.mtoken.push import Message, Pushes
from app.store.inbox import InboxApplication, InboxMessageRow

NEW: Final = "mtoken.inboxMessage.new"
"""What an app is told when a message has arrived."""

UNREAD: Final = InboxMessageRow.read_at.is_(None)

Kind = Literal["text", "html"]


@dataclass(frozen=True)
class NewInboxMessage:
    """What a bank wants one person to read."""

    user_id: str
    kind: Kind
    subject: str = field(repr=False)
    summary: str = field(repr=False)
    body: str = field(repr=False)
    silent: bool = False
    """Whether no push says that it is there."""


@dataclass(frozen=True)
class InboxMessage:
    """A message as it is at this moment."""

    id: str
    kind: str
    subject: str = field(repr=False)
    summary: str = field(repr=False)
    is_read: bool
    created_at: datetime
    body: str = field(default="", repr=False)
    """Empty in lists: bodies may be long."""


class Inbox:
    """Messages of everybody, or only those that somebody may see."""

    def __init__(
        self, session: Session, pushes: Pushes, journal: Journal, *seen: ColumnElement[bool]
    ) -> None:
        self._session = session
        self._pushes = pushes
        self._journal = journal
        self._seen = seen

    def within(self, applications: Collection[str]) -> "Inbox":
        """Return the same for whom only these applications exist."""
        link = select(InboxApplication.message_id).where(
            InboxApplication.message_id == InboxMessageRow.id,
            InboxApplication.application_id.in_(sorted(applications)),
        )
        return self._narrowed(link.exists())

    def of(self, user_id: str) -> "Inbox":
        """Return the same for whom only this person exists."""
        return self._narrowed(InboxMessageRow.user_id == user_id)

    def post(self, wanted: NewInboxMessage, applications: Collection[str]) -> InboxMessage:
        """Leave a message on the phones of these applications, and push to those that are active.

        Raises InboxRefused where there is no application: nobody could ever read it.
        """
        if not applications:
            raise InboxRefused("a message belongs to an application")
        row = InboxMessageRow(
            id=str(uuid4()),
            user_id=wanted.user_id,
            type=wanted.kind,
            subject=wanted.subject,
            summary=wanted.summary,
            body=wanted.body,
            created_at=clock.now(),
        )
        self._session.add(row)
        self._session.flush()
        self._session.add_all(
            InboxApplication(message_id=row.id, application_id=each) for each in applications
        )
        self._journal.record(Name.INBOX_MESSAGE_CREATED, row.id, type=row.type)
        if not wanted.silent:
            self._announce(row, sorted(applications))
        return _viewed(row, body=row.body)

    def messages(
        self, *, only_unread: bool = False, offset: int = 0, limit: int = 100
    ) -> Sequence[InboxMessage]:
        """Return messages without their bodies, the newest first."""
        wanted = (
            select(InboxMessageRow)
            .where(*self._seen, *([UNREAD] if only_unread else []))
            .order_by(InboxMessageRow.created_at.desc(), InboxMessageRow.id.desc())
            .offset(offset)
            .limit(limit)
            .options(defer(InboxMessageRow.body, raiseload=True))
        )
        return [_viewed(row) for row in self._session.scalars(wanted)]

    def unread(self) -> int:
        """Count what nobody has read."""
        counted = select(func.count()).select_from(InboxMessageRow).where(*self._seen, UNREAD)
        return self._session.scalar(counted) or 0

    def get(self, message_id: str) -> InboxMessage:
        """Return a message in full; that does not count as reading it.

        Raises InboxMessageNotFound.
        """
        row = self._session.scalar(select(InboxMessageRow).where(*self._named(message_id)))
        if row is None:
            raise InboxMessageNotFound(message_id)
        return _viewed(row, body=row.body)

    def read(self, message_id: str) -> None:
        """Note that a message was read; a second time changes nothing.

        Raises InboxMessageNotFound.
        """
        if self._session.scalar(select(InboxMessageRow.id).where(*self._named(message_id))) is None:
            raise InboxMessageNotFound(message_id)
        self._note_read(InboxMessageRow.id == message_id)

    def read_all(self) -> None:
        """Note that every message was read."""
        unread = (
            select(InboxMessageRow.id)
            .where(*self._seen, UNREAD)
            .order_by(InboxMessageRow.id)  # two who do this at once lock in the same order
            .with_for_update()
        )
        self._note_read(InboxMessageRow.id.in_(unread))

    def _named(self, message_id: str) -> Sequence[ColumnElement[bool]]:
        return InboxMessageRow.id == message_id, *self._seen

    def _note_read(self, which: ColumnElement[bool]) -> None:
        self._session.execute(
            update(InboxMessageRow)
            .where(which, UNREAD)
            .values(read_at=clock.now())
            .execution_options(synchronize_session=False)
        )

    def _announce(self, row: InboxMessageRow, applications: Sequence[str]) -> None:
        self._pushes.message(
            Message(
                user_id=row.user_id,
                title=row.subject,
                text=row.summary,
                extras={"messageType": NEW, "inboxId": row.id},
                applications=applications,
            )
        )

    def _narrowed(self, condition: ColumnElement[bool]) -> "Inbox":
        return Inbox(self._session, self._pushes, self._journal, *self._seen, condition)


def _viewed(row: InboxMessageRow, *, body: str = "") -> InboxMessage:
    return InboxMessage(
        id=row.id,
        kind=row.type,
        subject=row.subject,
        summary=row.summary,
        is_read=row.read_at is not None,
        created_at=row.created_at,
        body=body,
    )
