"""Registrations, as back ends and operators see and change them."""

from collections.abc import Callable, Iterator, Sequence
from uuid import uuid4

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app import clock
from app.crypto import activation_code
from app.crypto.activation import State
from app.crypto.encoding import same
from app.crypto.keys import PrivateKey
from app.errors import (
    ApplicationNotFound,
    BadRequest,
    RegistrationChangeRefused,
    RegistrationNotAllowed,
    RegistrationNotFound,
)
from app.events import Journal, Name
from app.mtoken.applications import Applications
from app.mtoken.handsets import UNVERIFIED
from app.mtoken.keyring import Keyring
from app.mtoken.lifecycle import UNFINISHED, Lifecycle
from app.mtoken.pairing import wrong_otp
from app.mtoken.showing import Showing
from app.mtoken.verdicts import Refused
from app.mtoken.views import Moved, Phone, Search, Shown, Wish
from app.settings import MtokenSettings
from app.store.registrations import POWERAUTH, Registration, RegistrationRecord

NOT_SPECIFIED = "NOT_SPECIFIED"
ATTEMPTS = range(1, 65)
MOST_FLAGS = 64


class Registrations:
    """Makes, finds and changes them."""

    def __init__(  # noqa: PLR0913 - what one transaction consists of
        self,
        session: Session,
        *,
        applications: Applications,
        journal: Journal,
        keyring: Keyring,
        lifecycle: Lifecycle,
        settings: MtokenSettings,
        within: frozenset[str] | None = None,
    ) -> None:
        self._session = session
        self._applications = applications
        self._journal = journal
        self._keyring = keyring
        self._lifecycle = lifecycle
        self._settings = settings
        self._within = within
        """Applications whose registrations there are; None: all."""
        self._showing = Showing(applications, keyring)

    def within(self, applications: frozenset[str]) -> "Registrations":
        """Return the same for whom only these applications exist."""
        return Registrations(
            self._session,
            applications=self._applications,
            journal=self._journal,
            keyring=self._keyring,
            lifecycle=self._lifecycle,
            settings=self._settings,
            within=applications,
        )

    def create(self, wish: Wish) -> Shown:
        """Make a registration that waits for its phone.

        Raises ApplicationNotFound, RegistrationNotAllowed if it has to be the only one that is not
        finished, and BadRequest for a number of attempts that no phone reads or a past end.
        """
        if not self._knows(wish.application_id):
            raise ApplicationNotFound(wish.application_id)
        application, moment = self._applications.row(wish.application_id), clock.now()
        attempts = wish.max_failed_attempts or self._settings.failed_attempts
        if attempts not in ATTEMPTS:
            raise BadRequest("the number of attempts is out of range")
        if wish.expires_at is not None and wish.expires_at <= moment:
            raise BadRequest("the registration would have expired")
        if wish.is_alone:
            self._check_alone(wish)
        row = Registration(
            id=str(uuid4()),
            application_id=application.id,
            user_id=wish.user_id,
            commit_phase=wish.commit_phase,
            counter=0,
            failed_attempts=0,
            max_failed_attempts=attempts,
            flags=_in_order(wish.flags),
            created_at=moment,
            changed_at=moment,
            expires_at=wish.expires_at or moment + self._settings.registration_lifetime,
        )
        self._keyring.put_code(row, activation_code.new_code())
        self._keyring.put_server_key(row, PrivateKey.generate())
        if wish.otp is not None:
            row.otp_digest = self._keyring.otp_digest(row.id, wish.otp)
        self._lifecycle.begin(row, wish.by)
        return self._showing.shown(row)

    def find(self, registration_id: str) -> Shown:
        """Return a registration. Raises RegistrationNotFound."""
        row = self._session.get(Registration, registration_id)
        if row is None or not self._knows(row.application_id):
            raise RegistrationNotFound(registration_id)
        return self._showing.shown(row)

    def of_user(
        self, user_id: str | None, application_id: str | None = None, *, with_removed: bool = False
    ) -> Sequence[Shown]:
        """Return the registrations of a user, or of everybody, the newest first."""
        return self.search(Search(user_id, application_id, with_removed=with_removed))

    def active(self, user_id: str, application_id: str) -> Sequence[Phone]:
        """Return the phones of a user that may sign, the one that was used last first."""
        wanted = (
            select(
                Registration.id,
                Registration.name,
                Registration.platform,
                Registration.last_used_at,
                Registration.flags,
            )
            .where(
                Registration.user_id == user_id,
                Registration.application_id == application_id,
                Registration.kind == POWERAUTH,
                Registration.state == State.ACTIVE.name,
            )
            .order_by(Registration.last_used_at.desc().nulls_last(), Registration.created_at.desc())
        )
        return [
            Phone(registration_id, name or platform or "", last_used_at)
            for registration_id, name, platform, last_used_at, flags in self._session.execute(
                wanted
            )
            if not UNVERIFIED & set(flags)
        ]

    def search(self, wanted: Search) -> Sequence[Shown]:
        """Return the registrations that fit, the newest first."""
        found = (
            select(Registration)
            .where(*self._conditions(wanted))
            .order_by(Registration.created_at.desc(), Registration.id)
            .offset(wanted.offset)
            .limit(wanted.limit)
        )
        return [self._showing.shown(row) for row in self._session.scalars(found)]

    def history(self, registration_id: str) -> Sequence[Moved]:
        """Return every change of state, the oldest first. Raises RegistrationNotFound."""
        self.find(registration_id)
        wanted = (
            select(RegistrationRecord)
            .where(RegistrationRecord.registration_id == registration_id)
            .order_by(RegistrationRecord.number)
        )
        return [
            Moved(row.number, row.state, row.reason, row.external_user_id, row.created_at)
            for row in self._session.scalars(wanted)
        ]

    def commit(
        self, registration_id: str, *, otp: str | None = None, by: str | None = None
    ) -> Shown | Refused:
        """Let a phone work whose keys are exchanged. Raises RegistrationChangeRefused.

        A wrong one-time password is Refused and counts; the last one ends the registration.
        """
        row = self._locked(registration_id)
        if row.state != State.PENDING_COMMIT.name:
            raise RegistrationChangeRefused(f"{row.state} cannot be committed")
        expected = row.otp_digest
        if (otp is None) != (expected is None):
            raise RegistrationChangeRefused("the one-time password is of the other phase")
        if otp is not None and expected is not None:
            if not same(self._keyring.otp_digest(row.id, otp), expected):
                return wrong_otp(row, self._lifecycle)
            row.failed_attempts = 0
        self._lifecycle.move(row, State.ACTIVE, by=by)
        return self._showing.shown(row)

    def block(
        self, registration_id: str, reason: str | None = None, *, by: str | None = None
    ) -> Shown:
        """Let a phone do nothing for now; a blocked one stays as it is."""
        return self._change(
            registration_id,
            State.BLOCKED,
            lambda row: self._lifecycle.move(row, State.BLOCKED, reason or NOT_SPECIFIED, by),
        )

    def unblock(self, registration_id: str, *, by: str | None = None) -> Shown:
        """Let a blocked phone work again, with all its attempts; an ACTIVE one stays as it is."""

        def act(row: Registration) -> None:
            if row.state != State.BLOCKED.name:
                raise RegistrationChangeRefused(f"{row.state} is not blocked")
            row.failed_attempts = 0
            self._lifecycle.move(row, State.ACTIVE, by=by)

        return self._change(registration_id, State.ACTIVE, act)

    def remove(self, registration_id: str, reason: str = "", *, by: str | None = None) -> Shown:
        """End a registration; an ended one stays as it is."""
        return self._change(
            registration_id,
            State.REMOVED,
            lambda row: self._lifecycle.move(row, State.REMOVED, reason, by),
        )

    def delete(
        self, registration_id: str, *, by: str | None = None, even_committed: bool = False
    ) -> Shown:
        """End a registration that nobody has committed; an ended one stays as it is.

        Raises RegistrationChangeRefused for a committed one, unless `even_committed`.
        """
        if not even_committed:
            state = State[self._locked(registration_id).state]
            if state not in (*UNFINISHED, State.REMOVED):
                raise RegistrationChangeRefused(f"{state.name} is committed")
        return self.remove(registration_id, by=by)

    def rename(self, registration_id: str, name: str, *, by: str | None = None) -> Shown:
        """Call a phone otherwise."""
        row = self._locked(registration_id)
        row.name, row.changed_at = name, clock.now()
        self._journal.record(Name.REGISTRATION_RENAMED, row.id, **({"by": by} if by else {}))
        return self._showing.shown(row)

    def flag(
        self, registration_id: str, *, add: Sequence[str] = (), remove: Sequence[str] = ()
    ) -> Shown:
        """Add flags to a registration, or take them away. Raises BadRequest for too many."""
        row = self._locked(registration_id)
        kept = [flag for flag in row.flags if flag not in remove]
        row.flags = _in_order([*kept, *add])
        if len(row.flags) > MOST_FLAGS:
            raise BadRequest("too many flags")
        self._journal.record(Name.REGISTRATION_FLAGGED, row.id)
        return self._showing.shown(row)

    def expire(self) -> int:
        """Remove registrations that nobody finished in time; return how many."""
        found = self._lifecycle.overdue()
        for registration_id in found:
            self._lifecycle.locked(registration_id)  # removes it on the way
        return len(found)

    def _change(
        self, registration_id: str, state: State, act: Callable[[Registration], None]
    ) -> Shown:
        row = self._locked(registration_id)
        if row.state != state.name:
            act(row)
        return self._showing.shown(row)

    def _locked(self, registration_id: str) -> Registration:
        row = self._lifecycle.locked(registration_id, self._within)
        if row is None:
            raise RegistrationNotFound(registration_id)
        return row

    def _knows(self, application_id: str) -> bool:
        return self._within is None or application_id in self._within

    def _check_alone(self, wish: Wish) -> None:
        """Refuse a second registration that is not finished; parallel ones wait for each other."""
        self._applications.lock(wish.application_id)
        wanted = Search(wish.user_id, wish.application_id)
        unfinished = {state.name for state in UNFINISHED}
        phones = [each for each in self.search(wanted) if each.kind == POWERAUTH]
        if any(each.state in unfinished for each in phones):
            raise RegistrationNotAllowed("another registration is not finished")

    def _conditions(self, wanted: Search) -> Iterator[ColumnElement[bool]]:
        for column, value in (
            (Registration.user_id, wanted.user_id),
            (Registration.application_id, wanted.application_id),
            (Registration.id, wanted.registration_id),
        ):
            if value is not None:
                yield column == value
        if self._within is not None:
            yield Registration.application_id.in_(sorted(self._within))
        if not wanted.with_removed:  # those whose time is over are removed, noted or not
            unfinished = Registration.state.in_([state.name for state in UNFINISHED])
            yield Registration.state != State.REMOVED.name
            yield ~(unfinished & (Registration.expires_at <= clock.now()))


def _in_order(flags: Sequence[str]) -> list[str]:
    return sorted(set(flags))
