"""Users as integrators of the second façade name them; the bank's user id stands beside theirs."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import clock
from app.crypto.activation import State
from app.errors import CustomerAlreadyExists, CustomerNotFound
from app.events import Journal, Name
from app.store.registrations import Registration
from app.store.users import UserRow

LONGEST_OF_THE_BANK = 256


@dataclass(frozen=True)
class Customer:
    """One user of one application."""

    id: str
    application_id: str
    username: str | None
    user_id: str
    """The bank's, whose the registrations and operations are."""
    created_at: datetime
    updated_at: datetime


class Users:
    """Makes and finds users of one application; those of others are not there."""

    def __init__(self, session: Session, journal: Journal, application_id: str = "") -> None:
        self._session = session
        self._journal = journal
        self._application = application_id

    def within(self, application_id: str) -> "Users":
        """Return the users of one application."""
        return Users(self._session, self._journal, application_id)

    def ensure(self, username: str | None) -> Customer:
        """Return the user of this name, made now if there is none; without a name a new one.

        Raises CustomerAlreadyExists where the bank calls somebody else so.
        """
        found = None if username is None else self._row(UserRow.username == username)
        return _seen(found or self._add(username))

    def find(self, customer_id: str) -> Customer:
        """Return a user by the façade's id. Raises CustomerNotFound."""
        return _seen(self._found(UserRow.id == customer_id, customer_id))

    def named(self, username: str) -> Customer:
        """Return a user by name. Raises CustomerNotFound."""
        return _seen(self._found(UserRow.username == username, username))

    def recognise(self, username: str) -> Customer:
        """Return a user by name, also one whom the bank has registered without this façade.

        Raises CustomerNotFound.
        """
        if self._row(UserRow.username == username) is None and self._is_registered(username):
            return _seen(self._add(username))
        return self.named(username)

    def of_bank(self, user_id: str) -> Customer | None:
        """Return the user whom the bank calls so."""
        row = self._row(UserRow.user_id == user_id)
        return None if row is None else _seen(row)

    def hold(self, customer_id: str) -> None:
        """Let whoever changes this user wait until this transaction ends, see below."""
        hold(self._session, customer_id)

    def touch(self, customer_id: str) -> None:
        """Note that something of a user has changed."""
        self._found(UserRow.id == customer_id, customer_id).updated_at = clock.now()

    def forget(self, customer_id: str) -> None:
        """Remove a user, with numbers, recovery codes and intents. Raises CustomerNotFound."""
        row = self._found(UserRow.id == customer_id, customer_id)
        self._session.execute(delete(UserRow).where(UserRow.id == row.id))
        self._journal.record(Name.CUSTOMER_REMOVED, row.id, application=self._application)

    def _add(self, username: str | None) -> UserRow:
        customer_id, moment = str(uuid4()), clock.now()
        is_short = username is not None and len(username) <= LONGEST_OF_THE_BANK
        row = UserRow(
            id=customer_id,
            application_id=self._application,
            username=username,
            user_id=username if is_short else customer_id,
            created_at=moment,
            updated_at=moment,
        )
        try:
            with self._session.begin_nested():
                self._session.add(row)
        except IntegrityError:  # made a moment ago, or the bank calls somebody else so
            other = self._row(UserRow.username == username)
            if other is None:
                raise CustomerAlreadyExists("the bank knows another one") from None
            return other
        self._journal.record(Name.CUSTOMER_CREATED, row.id, application=self._application)
        return row

    def _is_registered(self, user_id: str) -> bool:
        wanted = select(Registration.id).where(
            Registration.user_id == user_id,
            Registration.application_id == self._application,
            Registration.state == State.ACTIVE.name,
        )
        return self._session.scalar(wanted.limit(1)) is not None

    def _found(self, condition: object, named: str) -> UserRow:
        row = self._row(condition)
        if row is None:
            raise CustomerNotFound(named)
        return row

    def _row(self, condition: object) -> UserRow | None:
        return self._session.scalar(
            select(UserRow).where(UserRow.application_id == self._application, condition)  # type: ignore[arg-type]  # one of ours
        )


def hold(session: Session, customer_id: str) -> None:
    """Let whoever counts or changes what a user has wait until this transaction ends.

    Always the first lock. Raises CustomerNotFound if somebody has removed the user meanwhile.
    """
    held = select(UserRow.id).where(UserRow.id == customer_id).with_for_update()
    if session.scalar(held) is None:
        raise CustomerNotFound(customer_id)


def _seen(row: UserRow) -> Customer:
    return Customer(
        row.id, row.application_id, row.username, row.user_id, row.created_at, row.updated_at
    )
