"""Registrations, as back ends and operators see and change them."""

from collections.abc import Callable, Sequence
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.crypto import activation_code
from app.crypto.activation import State, fingerprint
from app.crypto.encoding import same
from app.crypto.keys import PrivateKey, PublicKey
from app.errors import BadRequest, RegistrationChangeRefused, RegistrationNotFound
from app.events import Journal, Name
from app.mtoken.applications import Applications
from app.mtoken.keyring import Keyring
from app.mtoken.lifecycle import Lifecycle, is_overdue
from app.mtoken.pairing import wrong_otp
from app.mtoken.verdicts import Refused
from app.mtoken.views import Code, Phone, Shown, Wish
from app.settings import MtokenSettings
from app.store.registrations import Registration, RegistrationRecord

NOT_SPECIFIED = "NOT_SPECIFIED"
ATTEMPTS = range(1, 65)


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
    ) -> None:
        self._session = session
        self._applications = applications
        self._journal = journal
        self._keyring = keyring
        self._lifecycle = lifecycle
        self._settings = settings

    def create(self, wish: Wish) -> Shown:
        """Make a registration that waits for its phone.

        Raises ApplicationNotFound, and BadRequest for a number of attempts that no phone reads.
        """
        application, moment = self._applications.row(wish.application_id), clock.now()
        attempts = wish.max_failed_attempts or self._settings.failed_attempts
        if attempts not in ATTEMPTS:
            raise BadRequest("the number of attempts is out of range")
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
        return self._shown(row)

    def find(self, registration_id: str) -> Shown:
        """Return a registration. Raises RegistrationNotFound."""
        row = self._session.get(Registration, registration_id)
        if row is None:
            raise RegistrationNotFound(registration_id)
        return self._shown(row)

    def of_user(
        self, user_id: str | None, application_id: str | None = None, *, with_removed: bool = False
    ) -> Sequence[Shown]:
        """Return the registrations of a user, or of everybody, the newest first."""
        wanted = select(Registration).order_by(Registration.created_at.desc(), Registration.id)
        if user_id is not None:
            wanted = wanted.where(Registration.user_id == user_id)
        if application_id is not None:
            wanted = wanted.where(Registration.application_id == application_id)
        if not with_removed:
            wanted = wanted.where(Registration.state != State.REMOVED.name)
        shown = [self._shown(row) for row in self._session.scalars(wanted)]
        return [each for each in shown if with_removed or each.state != State.REMOVED.name]

    def active(self, user_id: str, application_id: str) -> Sequence[Phone]:
        """Return the phones of a user that may sign, the one that was used last first."""
        wanted = (
            select(
                Registration.id,
                Registration.name,
                Registration.platform,
                Registration.last_used_at,
            )
            .where(
                Registration.user_id == user_id,
                Registration.application_id == application_id,
                Registration.state == State.ACTIVE.name,
            )
            .order_by(Registration.last_used_at.desc().nulls_last(), Registration.created_at.desc())
        )
        return [
            Phone(registration_id, name or platform or "", last_used_at)
            for registration_id, name, platform, last_used_at in self._session.execute(wanted)
        ]

    def history(self, registration_id: str) -> Sequence[RegistrationRecord]:
        """Return every change of state, the oldest first."""
        wanted = (
            select(RegistrationRecord)
            .where(RegistrationRecord.registration_id == registration_id)
            .order_by(RegistrationRecord.number)
        )
        return self._session.scalars(wanted).all()

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
        return self._shown(row)

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

    def rename(self, registration_id: str, name: str) -> Shown:
        """Call a phone otherwise."""
        row = self._locked(registration_id)
        row.name = name
        self._journal.record(Name.REGISTRATION_RENAMED, row.id)
        return self._shown(row)

    def flag(
        self, registration_id: str, *, add: Sequence[str] = (), remove: Sequence[str] = ()
    ) -> Shown:
        """Add flags to a registration, or take them away."""
        row = self._locked(registration_id)
        kept = [flag for flag in row.flags if flag not in remove]
        row.flags = _in_order([*kept, *add])
        self._journal.record(Name.REGISTRATION_FLAGGED, row.id)
        return self._shown(row)

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
        return self._shown(row)

    def _locked(self, registration_id: str) -> Registration:
        row = self._lifecycle.locked(registration_id)
        if row is None:
            raise RegistrationNotFound(registration_id)
        return row

    def _shown(self, row: Registration) -> Shown:
        over = is_overdue(row)
        return Shown(
            id=row.id,
            application_id=row.application_id,
            user_id=row.user_id,
            state=State.REMOVED.name if over else row.state,
            commit_phase=row.commit_phase,
            code=None if over else self._code(row),
            fingerprint=_fingerprint(row),
            version=row.version,
            name=row.name,
            platform=row.platform,
            device_info=row.device_info,
            extras=row.extras,
            flags=tuple(row.flags),
            failed_attempts=row.failed_attempts,
            max_failed_attempts=row.max_failed_attempts,
            blocked_reason=row.blocked_reason,
            created_at=row.created_at,
            expires_at=row.expires_at,
            changed_at=row.changed_at,
            last_used_at=row.last_used_at,
        )

    def _code(self, row: Registration) -> Code | None:
        code = self._keyring.code(row)
        if code is None:
            return None
        master = self._keyring.master(self._applications.row(row.application_id))
        return Code(code, activation_code.sign(code, master))


def _fingerprint(row: Registration) -> str | None:
    if row.device_public is None:
        return None
    return fingerprint(PublicKey(row.device_public), row.id, PublicKey(row.server_public))


def _in_order(flags: Sequence[str]) -> list[str]:
    return sorted(set(flags))
