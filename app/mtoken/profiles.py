"""What a user of the second façade has, gathered from those who own each fact; and its end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from app import clock
from app.errors import AuthenticatorNotFound
from app.mtoken.operations import Operations
from app.mtoken.phone_numbers import PhoneNumber, PhoneNumbers
from app.mtoken.recovery import RecoveryCodes
from app.mtoken.registrations import Registrations
from app.mtoken.transactions import LIVING, Transactions
from app.mtoken.users import Customer, Users
from app.mtoken.views import Search
from app.store.operations import OperationRow
from app.store.passkeys import PasskeyRow
from app.store.registrations import FIDO2, PushDevice, Registration
from app.store.transactions import TransactionRow

USER_REMOVED = "USER_REMOVED"
FAILED = ("REJECTED", "FAILED", "EXPIRED")


@dataclass(frozen=True)
class Credential:
    """What is known of a passkey besides its key."""

    id: str
    aaguid: str
    attestation_format: str
    transports: Sequence[str]
    is_backed_up: bool


@dataclass(frozen=True)
class Authenticator:
    """One app or passkey of a user."""

    id: str
    kind: str
    name: str | None
    platform: str | None
    user_agent: str | None
    state: str
    created_at: datetime
    changed_at: datetime
    is_reachable: bool
    """Whether pushes reach it."""
    credential: Credential | None
    """Of a passkey."""

    @property
    def is_passkey(self) -> bool:
        """Whether a browser signs with it, and not an app of ours."""
        return self.kind == FIDO2


@dataclass(frozen=True)
class Profile:
    """All that is told of a user."""

    customer: Customer
    authenticators: Sequence[Authenticator]
    """The newest first."""
    numbers: Sequence[PhoneNumber]
    recovery_codes: int | None
    """How many still work; None: there were never any."""
    last_success: datetime | None
    """When something was approved last."""
    last_failure: datetime | None
    limits: Sequence[str]
    """What is refused for now, because there was too much of it."""

    @property
    def is_active(self) -> bool:
        """Whether there is a means of approval."""
        return bool(self.authenticators or self.numbers)


class Profiles:
    """Shows, changes and ends what users have, within one application."""

    def __init__(  # noqa: PLR0913 - the owners of the facts
        self,
        session: Session,
        *,
        users: Users,
        transactions: Transactions,
        registrations: Registrations,
        operations: Operations,
        numbers: PhoneNumbers,
        recovery: RecoveryCodes,
        application_id: str = "",
    ) -> None:
        self._session = session
        self._users = users
        self._transactions = transactions
        self._registrations = registrations
        self._operations = operations
        self._numbers = numbers
        self._recovery = recovery
        self._application = application_id

    def within(self, application_id: str) -> "Profiles":
        """Return the users of one application."""
        alone = frozenset({application_id})
        return Profiles(
            self._session,
            users=self._users.within(application_id),
            transactions=self._transactions.within(application_id),
            registrations=self._registrations.within(alone),
            operations=self._operations.within(alone),
            numbers=self._numbers,
            recovery=self._recovery,
            application_id=application_id,
        )

    def of(self, customer: Customer) -> Profile:
        """Return all that is told of a user."""
        success, failure = self._last(customer)
        return Profile(
            customer=customer,
            authenticators=self._presented(self._transactions.authenticators(customer)),
            numbers=self._numbers.confirmed(customer),
            recovery_codes=self._recovery.left(customer),
            last_success=success,
            last_failure=failure,
            limits=self._limits(customer),
        )

    def authenticator(self, authenticator_id: str) -> Authenticator:
        """Return one that works or is blocked. Raises AuthenticatorNotFound."""
        row = self._session.scalar(
            select(Registration).where(
                Registration.id == authenticator_id,
                Registration.application_id == self._application,
                Registration.state.in_(LIVING),
            )
        )
        if row is None:
            raise AuthenticatorNotFound(authenticator_id)
        (found,) = self._presented([row])
        return found

    def rename(self, authenticator_id: str, name: str) -> Authenticator:
        """Call an authenticator otherwise. Raises AuthenticatorNotFound."""
        self._hold_owner(authenticator_id)
        self.authenticator(authenticator_id)
        self._touch(self._registrations.rename(authenticator_id, name).user_id)
        return self.authenticator(authenticator_id)

    def take_away(self, authenticator_id: str) -> None:
        """End an authenticator for good. Raises AuthenticatorNotFound."""
        self._hold_owner(authenticator_id)
        self.authenticator(authenticator_id)
        self._touch(self._registrations.remove(authenticator_id).user_id)

    def remove(self, customer: Customer) -> None:
        """End all that a user has here, cancel what waits, and forget the user."""
        self._users.hold(customer.id)
        mine = Search(customer.user_id, self._application)
        for each in self._registrations.search(mine):
            self._registrations.remove(each.id)
        for operation_id in self._waiting(customer):
            self._operations.cancel(operation_id, reason=USER_REMOVED)
        self._users.forget(customer.id)

    def _waiting(self, customer: Customer) -> Sequence[str]:
        pending = (
            select(OperationRow.id)
            .join(TransactionRow, TransactionRow.operation_id == OperationRow.id)
            .where(TransactionRow.user_row_id == customer.id, OperationRow.status == "PENDING")
            .order_by(OperationRow.id)
        )
        return self._session.scalars(pending).all()

    def _hold_owner(self, authenticator_id: str) -> None:
        """Lock the user before what is theirs, as everybody does: else two wait for each other."""
        owner = select(Registration.user_id).where(
            Registration.id == authenticator_id, Registration.application_id == self._application
        )
        customer = self._users.of_bank(self._session.scalar(owner) or "")
        if customer is not None:
            self._users.hold(customer.id)

    def _touch(self, user_id: str) -> None:
        customer = self._users.of_bank(user_id)
        if customer is not None:
            self._users.touch(customer.id)

    def _limits(self, customer: Customer) -> Sequence[str]:
        limits = {
            "approval": bool(self._transactions.wait(customer)),
            "recovery": self._recovery.is_blocked(customer),
        }
        return [name for name, is_reached in limits.items() if is_reached]

    def _last(self, customer: Customer) -> tuple[datetime | None, datetime | None]:
        """Return when an approval ended well last, and when it did not."""
        waits = OperationRow.status == "PENDING"
        ended_at = case((waits, OperationRow.expires_at), else_=OperationRow.finished_at)
        success: ColumnElement[bool] = OperationRow.status == "APPROVED"
        failure = OperationRow.status.in_(FAILED) | (
            waits & (OperationRow.expires_at <= clock.now())
        )
        row = self._session.execute(
            select(func.max(case((success, ended_at))), func.max(case((failure, ended_at))))
            .join(TransactionRow, TransactionRow.operation_id == OperationRow.id)
            .where(
                OperationRow.user_id == customer.user_id,
                TransactionRow.application_id == self._application,
                TransactionRow.purpose == "approve",
            )
        ).one()
        return row[0], row[1]

    def _presented(self, rows: Sequence[Registration]) -> Sequence[Authenticator]:
        ids = [row.id for row in rows]
        if not ids:
            return []
        reached = select(PushDevice.registration_id).where(PushDevice.registration_id.in_(ids))
        pushed = set(self._session.scalars(reached))
        keys = select(PasskeyRow).where(PasskeyRow.registration_id.in_(ids))
        passkeys = {key.registration_id: key for key in self._session.scalars(keys)}
        return [
            _authenticator(row, passkeys.get(row.id), is_reachable=row.id in pushed) for row in rows
        ]


def _authenticator(
    row: Registration, key: PasskeyRow | None, *, is_reachable: bool
) -> Authenticator:
    return Authenticator(
        id=row.id,
        kind=row.kind,
        name=row.name,
        platform=row.platform,
        user_agent=row.device_info,
        state=row.state,
        created_at=row.created_at,
        changed_at=row.changed_at,
        is_reachable=is_reachable,
        credential=None
        if key is None
        else Credential(
            key.credential_id,
            key.aaguid,
            key.attestation_format,
            [str(each) for each in key.transports],
            key.is_backed_up,
        ),
    )
