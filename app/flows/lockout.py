"""Block a user for a growing time after failures in a row (RTS art. 4(3)(b)), known or not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import clock
from app.events import Journal, Name
from app.settings import LockoutSettings
from app.store.attempts import UserAttempts
from app.store.db import changed_any
from app.store.flows import Flow

Key: TypeAlias = tuple[str, str, str]
READ_BACK = {"populate_existing": True, "synchronize_session": False}
MOST_OF_A_NAME = 256
"""Characters that are kept; folding can make a name longer."""


@dataclass(frozen=True)
class Block:
    """One user who is blocked now."""

    organization_id: str
    username: str
    until: datetime


class Lockout:
    """Counts before a secret is judged, so that parallel guesses cannot slip through."""

    def __init__(self, session: Session, settings: LockoutSettings, journal: Journal) -> None:
        self._session = session
        self._settings = settings
        self._journal = journal

    def reserve(self, flow: Flow, counter: str) -> bool:
        """Count a failure in advance; False while the user is blocked: then nothing is right.

        Whatever was wrong, it is one row of failures, and a block keeps from every step.
        """
        key, moment = _key(flow, counter), clock.now()
        rows = self._locked(flow)
        if counter not in {row.counter for row in rows}:
            self._add(key, moment)
            rows = self._locked(flow)
        is_free = not any(row.blocked_until and row.blocked_until > moment for row in rows)
        counted = (
            update(UserAttempts)
            .where(_is(key))  # for somebody who is blocked as well: it takes its time
            .values(failures=UserAttempts.failures + int(is_free), updated_at=moment)
            .returning(UserAttempts)
        )
        row = self._session.scalars(counted, execution_options=READ_BACK).one()
        if is_free and self._is_full(rows):
            level = sum(each.level for each in rows)
            durations = self._settings.durations
            row.blocked_until = moment + durations[min(level, len(durations) - 1)]
            row.level += 1
        return is_free

    def tell(self, flow: Flow, counter: str, *, is_old: bool) -> None:
        """Say that a wrong answer has blocked its user; a right one would have forgiven it."""
        row = self._row(_key(flow, counter))  # read for an old block as well: it takes its time
        if not is_old and row.blocked_until is not None and row.blocked_until > clock.now():
            self._journal.record(Name.USER_BLOCKED, flow.id, level=row.level)

    def forgive(self, flow: Flow, *counters: str) -> None:
        """Forget the failures of these kinds: the user has proved to be who they are."""
        for row in self._locked(flow):
            if row.counter in counters:
                row.failures, row.level, row.blocked_until = 0, 0, None
                row.updated_at = clock.now()

    def give_back(self, flow: Flow, counter: str) -> None:
        """Take back one count: nothing was judged."""
        rows = self._locked(flow)
        row = next(each for each in rows if each.counter == counter)
        if self._is_full(rows) and row.blocked_until is not None:
            row.blocked_until, row.level = None, row.level - 1
        row.failures -= 1

    def blocks(self) -> Sequence[Block]:
        """Return who is blocked now."""
        rows = self._session.scalars(
            select(UserAttempts)
            .where(UserAttempts.blocked_until > clock.now())
            .order_by(UserAttempts.updated_at.desc())
            .limit(100)
        )
        return [
            Block(row.organization_id, row.username, row.blocked_until)
            for row in rows
            if row.blocked_until is not None
        ]

    def lift(self, organization_id: str, username: str) -> bool:
        """Unblock a user and forget the failures; False if there are none."""
        lifted = (
            update(UserAttempts)
            .where(UserAttempts.organization_id == organization_id)
            .where(UserAttempts.username == username)
            .values(failures=0, level=0, blocked_until=None, updated_at=clock.now())
        )
        return changed_any(self._session, lifted)

    def _add(self, key: Key, moment: datetime) -> None:
        row = UserAttempts(
            organization_id=key[0],
            username=key[1],
            counter=key[2],
            failures=0,
            level=0,
            updated_at=moment,
        )
        try:
            with self._session.begin_nested():
                self._session.add(row)
        except IntegrityError:  # somebody else made it a moment ago
            return

    def _locked(self, flow: Flow) -> Sequence[UserAttempts]:
        """Return all counters of a user, which nobody else changes until the commit."""
        organization_id, username = _user(flow)
        mine = (
            select(UserAttempts)
            .where(UserAttempts.organization_id == organization_id)
            .where(UserAttempts.username == username)
            .order_by(UserAttempts.counter)  # whoever locks them does it in one order
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        return self._session.scalars(mine).all()

    def _is_full(self, rows: Sequence[UserAttempts]) -> bool:
        return sum(row.failures for row in rows) % self._settings.failures == 0

    def _row(self, key: Key) -> UserAttempts:
        return self._session.get_one(UserAttempts, key, populate_existing=True)


def _user(flow: Flow) -> tuple[str, str]:
    """Return whose failures count: the name as typed, or whom a back end has named."""
    name = (flow.username or flow.user_id or "").casefold()[:MOST_OF_A_NAME]
    return flow.organization_id or "", name


def _key(flow: Flow, counter: str) -> Key:
    return *_user(flow), counter


def _is(key: Key) -> ColumnElement[bool]:
    return (
        (UserAttempts.organization_id == key[0])
        & (UserAttempts.username == key[1])
        & (UserAttempts.counter == key[2])
    )
