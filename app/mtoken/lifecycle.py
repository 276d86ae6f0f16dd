"""How a registration moves: the one place that changes its state, one record and one event each."""

from collections.abc import Callable, Sequence

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app import clock
from app.crypto.activation import State
from app.errors import RegistrationChangeRefused
from app.events import Journal, Name
from app.mtoken.callback_events import CallbackEvents
from app.store.registrations import (
    PushDevice,
    Registration,
    RegistrationRecord,
    RegistrationToken,
)

UNFINISHED = (State.CREATED, State.PENDING_COMMIT)
EXPIRED = "EXPIRED"
MAX_FAILED_ATTEMPTS = "MAX_FAILED_ATTEMPTS"

LEGAL: dict[State, dict[State, Name]] = {
    State.CREATED: {
        State.PENDING_COMMIT: Name.REGISTRATION_PAIRED,
        State.ACTIVE: Name.REGISTRATION_ACTIVATED,
        State.REMOVED: Name.REGISTRATION_REMOVED,
    },
    State.PENDING_COMMIT: {
        State.ACTIVE: Name.REGISTRATION_ACTIVATED,
        State.REMOVED: Name.REGISTRATION_REMOVED,
    },
    State.ACTIVE: {
        State.BLOCKED: Name.REGISTRATION_BLOCKED,
        State.REMOVED: Name.REGISTRATION_REMOVED,
    },
    State.BLOCKED: {
        State.ACTIVE: Name.REGISTRATION_UNBLOCKED,
        State.REMOVED: Name.REGISTRATION_REMOVED,
    },
    State.REMOVED: {},
}
"""Where each state leads, and what is told of it."""

BATCH = 100


class Lifecycle:
    """Locks registrations and moves them."""

    def __init__(
        self,
        session: Session,
        journal: Journal,
        push: Callable[[Registration], None],
        told: CallbackEvents,
    ) -> None:
        self._session = session
        self._journal = journal
        self._push = push
        self._told = told

    def locked(
        self, registration_id: str, within: frozenset[str] | None = None
    ) -> Registration | None:
        """Return a registration that nobody else changes until this transaction ends.

        One whose time is over is removed on the way; `within` are the applications whose
        registrations there are, None: all.
        """
        wanted = select(Registration).where(Registration.id == registration_id)
        if within is not None:
            wanted = wanted.where(Registration.application_id.in_(sorted(within)))
        held = wanted.with_for_update().execution_options(populate_existing=True)
        row = self._session.scalar(held)
        if row is not None and is_overdue(row):
            self.move(row, State.REMOVED, EXPIRED)
        return row

    def seen(self, registration_id: str) -> Registration | None:
        """Return a registration that is only read; one whose time is over is removed."""
        row = self._session.get(Registration, registration_id)
        return self.locked(registration_id) if row is not None and is_overdue(row) else row

    def begin(self, row: Registration, by: str | None = None) -> None:
        """Put a new registration in."""
        row.state = State.CREATED.name
        self._session.add(row)
        self._session.flush()
        self._note(row, Name.REGISTRATION_CREATED, "", by)

    def move(
        self, row: Registration, state: State, reason: str = "", by: str | None = None
    ) -> None:
        """Change the state of a locked registration. Raises RegistrationChangeRefused.

        `by` is whoever a back end says has done it.
        """
        told = LEGAL[State[row.state]].get(state)
        if told is None:
            raise RegistrationChangeRefused(f"{row.state} does not lead to {state.name}")
        row.state, row.changed_at = state.name, clock.now()
        row.blocked_reason = reason if state is State.BLOCKED else None
        if state is not State.PENDING_COMMIT:
            row.otp_digest = None
        row.code_digest = row.code_sealed = None
        self._push(row)  # a phone that is removed hears it, and nothing more
        if state is State.REMOVED:
            self._take_back(row)
        self._note(row, told, reason, by)

    def overdue(self) -> Sequence[str]:
        """Return some registrations that nobody finished in time."""
        late = (
            select(Registration.id)
            .where(Registration.state.in_([state.name for state in UNFINISHED]))
            .where(Registration.expires_at <= clock.now())
            .limit(BATCH)
        )
        return self._session.scalars(late).all()

    def _take_back(self, row: Registration) -> None:
        """Leave a removed phone no token and no push; its keys still tell it its end."""
        for table in (RegistrationToken, PushDevice):
            self._session.execute(delete(table).where(table.registration_id == row.id))

    def _note(self, row: Registration, name: Name, reason: str, by: str | None) -> None:
        last = select(func.coalesce(func.max(RegistrationRecord.number), 0)).where(
            RegistrationRecord.registration_id == row.id
        )
        number = (self._session.scalar(last) or 0) + 1
        self._session.add(
            RegistrationRecord(
                registration_id=row.id,
                number=number,
                state=row.state,
                reason=reason,
                external_user_id=by,
                created_at=clock.now(),
            )
        )
        self._journal.record(name, row.id, state=row.state, reason=reason)
        self._told.registration_changed(row, number)


def is_overdue(row: Registration) -> bool:
    """Tell whether a registration has not become ACTIVE in time."""
    return State[row.state] in UNFINISHED and row.expires_at <= clock.now()
