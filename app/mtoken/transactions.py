"""Transactions of the second façade: which operation a token leads to, and what became of it."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import ColumnElement, bindparam, select, update
from sqlalchemy.orm import Session

from app import clock
from app.crypto.activation import State
from app.crypto.signatures import SignatureType
from app.crypto.vault import Vault
from app.errors import (
    AuthenticatorNotFound,
    TokenNotFound,
    TooManyAuthenticators,
    TooManyRequests,
)
from app.mtoken.app_links import PURPOSES, AppLink
from app.mtoken.challenges import challenge_of, enrollment_challenge, named
from app.mtoken.lifecycle import Lifecycle
from app.mtoken.operation_views import NewOperation, Operation
from app.mtoken.operations import Operations
from app.mtoken.reading import status_of
from app.mtoken.templates import APPROVAL, ENROLLMENT
from app.mtoken.transaction_views import Channel, Progress, Redeemed, Standing, Wanted
from app.mtoken.users import Customer, hold
from app.settings import MtokenSettings, NevisSettings
from app.store.db import changed_one
from app.store.operations import OperationRow
from app.store.registrations import FIDO2, Registration
from app.store.transactions import TransactionRow
from app.store.users import UserRow

NO_MESSAGE = "A2"
SECRET_BYTES = 32
HOUR = timedelta(hours=1)
LIVING = (State.ACTIVE.name, State.BLOCKED.name)


PROGRESS = (
    select(
        OperationRow.status,
        OperationRow.expires_at,
        OperationRow.created_at,
        OperationRow.finished_at,
        UserRow.id.label("customer_id"),
        UserRow.username,
    )
    .select_from(TransactionRow)
    .join(OperationRow, OperationRow.id == TransactionRow.operation_id)
    .outerjoin(
        UserRow,
        (UserRow.application_id == TransactionRow.application_id)
        & (UserRow.user_id == OperationRow.user_id)
        # Who came to a name after its user was gone has approved nothing of before.
        & (OperationRow.finished_at.is_(None) | (UserRow.created_at <= OperationRow.finished_at)),
    )
    .where(
        TransactionRow.operation_id == bindparam("operation"),
        TransactionRow.application_id == bindparam("application"),
    )
)
"""Put together once, asked by every poll."""


class Transactions:
    """Opens operations for the second façade and finds them again, within one application."""

    def __init__(  # noqa: PLR0913 - what one transaction consists of
        self,
        session: Session,
        vault: Vault,
        *,
        operations: Operations,
        lifecycle: Lifecycle,
        settings: NevisSettings,
        mtoken: MtokenSettings,
        application_id: str = "",
    ) -> None:
        self._session = session
        self._vault = vault
        self._operations = operations
        self._lifecycle = lifecycle
        self._settings = settings
        self._mtoken = mtoken
        self._application = application_id

    def within(self, application_id: str) -> "Transactions":
        """Return the transactions of one application."""
        return Transactions(
            self._session,
            self._vault,
            operations=self._operations.within(frozenset({application_id})),
            lifecycle=self._lifecycle,
            settings=self._settings,
            mtoken=self._mtoken,
            application_id=application_id,
        )

    def enroll(self, customer: Customer, kind: str, *, dispatch: str | None = None) -> Operation:
        """Begin a registration, and the operation that ends it. Raises TooManyAuthenticators."""
        self.check_room(customer)
        ends_at = clock.now() + self._settings.enrollment_lifetime
        row = self._registration(customer, kind, ends_at)
        self._lifecycle.begin(row)
        operation = self._operations.create(
            NewOperation(
                template=ENROLLMENT,
                applications=(self._application,),
                user_id=customer.user_id,
                parameters={"registration": row.id},
                expires_at=ends_at,
                kind=kind,
                registration_id=row.id,
                silent=True,
            )
        )
        channel: Channel = "fido2" if kind == FIDO2 else "app"
        self._keep(operation, "enroll", channel, customer, dispatch)
        return operation

    def approve(self, wanted: Wanted) -> Operation:
        """Ask for an approval. Raises TooManyRequests."""
        customer = wanted.customer
        if customer is not None:
            self.check_rate(customer)
        operation = self._operations.create(
            NewOperation(
                template=APPROVAL,
                applications=(self._application,),
                user_id=None if customer is None else customer.user_id,
                data=NO_MESSAGE if wanted.message is None else None,
                parameters={} if wanted.message is None else {"message": wanted.message},
                expires_at=clock.now() + self._settings.approval_lifetime,
                kind=wanted.kind,
                registration_id=wanted.registration_id,
                silent=wanted.channel != "push",
                factors=(SignatureType.POSSESSION_KNOWLEDGE, SignatureType.POSSESSION_BIOMETRY),
                notice=wanted.notice,
            )
        )
        self._keep(operation, "approve", wanted.channel, customer, wanted.dispatch)
        return operation

    def authenticators(self, customer: Customer) -> Sequence[Registration]:
        """Return what a user has registered in this application, the newest first."""
        wanted = (
            select(Registration)
            .where(
                Registration.user_id == customer.user_id,
                Registration.application_id == self._application,
                Registration.state.in_(LIVING),
            )
            .order_by(Registration.created_at.desc(), Registration.id)
        )
        return self._session.scalars(wanted).all()

    def check_room(self, customer: Customer, registration_id: str | None = None) -> None:
        """Refuse one authenticator too many; of parallel ones each waits for the former.

        Asked when an enrolment begins, and before its registration ends it. Raises
        TooManyAuthenticators.
        """
        hold(self._session, customer.id)
        others = [each for each in self.authenticators(customer) if each.id != registration_id]
        if len(others) >= self._settings.authenticators:
            raise TooManyAuthenticators(customer.id)

    def chosen(
        self, customer: Customer, kinds: Sequence[str], authenticator_id: str | None
    ) -> Registration:
        """Return the authenticator to be asked: the one named, or the last registered.

        Raises AuthenticatorNotFound.
        """
        for each in self.authenticators(customer):
            fits = each.state == State.ACTIVE.name and each.kind in kinds
            if fits and authenticator_id in (None, each.id):
                return each
        raise AuthenticatorNotFound(authenticator_id or "none")

    def check_rate(self, customer: Customer) -> None:
        """Refuse to ask a user once more. Raises TooManyRequests."""
        hold(self._session, customer.id)
        wait = self.wait(customer)
        if wait:
            raise TooManyRequests(customer.id, wait)

    def wait(self, customer: Customer) -> timedelta:
        """Return how long until a user may be asked, or sent a text message, once more."""
        is_text, is_approval = TransactionRow.channel == "sms", TransactionRow.purpose == "approve"
        moment = clock.now()
        first_that_counts = (
            select(OperationRow.created_at)
            .where(
                TransactionRow.user_row_id == customer.id,
                is_text | is_approval,
                TransactionRow.operation_id == OperationRow.id,
                OperationRow.created_at > moment - HOUR,
            )
            .order_by(OperationRow.created_at.desc())
            .offset(self._settings.requests_per_hour - 1)
            .limit(1)
        )
        created_at = self._session.scalar(first_that_counts)
        return timedelta(0) if created_at is None else created_at + HOUR - moment

    def find(self, operation_id: str) -> Standing | None:
        """Return a transaction of this application."""
        row = self._session.get(TransactionRow, operation_id)
        if row is None or row.application_id != self._application:
            return None
        return self._standing(row)

    def progress(self, operation_id: str) -> Progress | None:
        """Return how far a transaction of this application is, by one question."""
        asked = {"operation": operation_id, "application": self._application}
        row = self._session.execute(PROGRESS, asked).one_or_none()
        if row is None:
            return None
        status = status_of(row)
        ended_at = row.expires_at if status == "EXPIRED" else row.created_at
        changed_at = row.finished_at or ended_at
        return Progress(
            operation_id, status, row.customer_id, row.username, row.created_at, changed_at
        )

    def of_challenge(self, challenge: str) -> Standing | None:
        """Return the transaction that a passkey was asked about."""
        return self._by(TransactionRow.challenge == challenge)

    def of_secret(self, secret: str) -> Standing | None:
        """Return the transaction that an app has redeemed, by what its answer brings."""
        digest = self._digest(secret, "transactions.response")
        return self._by(TransactionRow.response_digest == digest)

    def is_redeemable(self, link: AppLink) -> bool:
        """Tell whether a link still leads somewhere; nothing is used up."""
        row = self._by(
            TransactionRow.dispatch_digest == self._digest(link.token, "transactions.dispatch"),
            TransactionRow.purpose == PURPOSES[link.purpose],
            TransactionRow.redeemed_at.is_(None),
        )
        return row is not None and row.operation.status == "PENDING"

    def redeem(self, dispatch: str, purpose: str) -> Redeemed:
        """Use a dispatch token up. Raises TokenNotFound: unknown, used, or its time is over."""
        secret = secrets.token_urlsafe(SECRET_BYTES)
        change = (
            update(TransactionRow)
            .where(
                TransactionRow.dispatch_digest == self._digest(dispatch, "transactions.dispatch"),
                TransactionRow.application_id == self._application,
                TransactionRow.purpose == purpose,
                TransactionRow.redeemed_at.is_(None),
            )
            .values(
                redeemed_at=clock.now(),
                response_digest=self._digest(secret, "transactions.response"),
            )
            .returning(TransactionRow)
            .execution_options(synchronize_session=False, populate_existing=True)
        )
        row = self._session.scalars(change).one_or_none()
        standing = None if row is None else self._standing(row)
        if standing is None or standing.operation.status != "PENDING":
            raise TokenNotFound(purpose)
        return Redeemed(standing, secret)

    def prove(self, progress: Progress) -> bool:
        """Take note that success was proved: True for exactly one caller, soon after it.

        Of a user who is gone nothing is proved.
        """
        is_late = progress.changed_at + self._settings.proof_lifetime <= clock.now()
        if progress.status != "APPROVED" or progress.customer_id is None or is_late:
            return False
        return changed_one(
            self._session,
            update(TransactionRow)
            .where(
                TransactionRow.operation_id == progress.operation_id,
                TransactionRow.application_id == self._application,
                TransactionRow.verified_at.is_(None),
            )
            .values(verified_at=clock.now())
            .execution_options(synchronize_session=False),
        )

    def _by(self, *conditions: ColumnElement[bool]) -> Standing | None:
        row = self._session.scalar(
            select(TransactionRow).where(
                TransactionRow.application_id == self._application, *conditions
            )
        )
        return None if row is None else self._standing(row)

    def _standing(self, row: TransactionRow) -> Standing:
        operation = self._operations.get(row.operation_id)
        return Standing(operation, row.purpose, row.channel, row.user_row_id)

    def _registration(self, customer: Customer, kind: str, ends_at: datetime) -> Registration:
        moment = clock.now()
        return Registration(
            id=str(uuid4()),
            application_id=self._application,
            user_id=customer.user_id,
            kind=kind,
            commit_phase="ON_KEY_EXCHANGE",
            counter=0,
            failed_attempts=0,
            max_failed_attempts=self._mtoken.failed_attempts,
            flags=[],
            created_at=moment,
            changed_at=moment,
            expires_at=ends_at,
        )

    def _keep(
        self,
        operation: Operation,
        purpose: str,
        channel: Channel,
        customer: Customer | None,
        dispatch: str | None,
    ) -> None:
        challenge = challenge_of(operation.id, operation.data)
        if purpose == "enroll":
            challenge = enrollment_challenge(self._vault, operation.id, operation.data)
        self._session.add(
            TransactionRow(
                operation_id=operation.id,
                application_id=self._application,
                user_row_id=None if customer is None else customer.id,
                purpose=purpose,
                channel=channel,
                dispatch_digest=dispatch and self._digest(dispatch, "transactions.dispatch"),
                challenge=named(challenge) if channel == "fido2" else None,
            )
        )
        self._session.flush()

    def _digest(self, text: str, purpose: str) -> str:
        return self._vault.digest(f"{self._application}\n{text}", purpose=purpose)
