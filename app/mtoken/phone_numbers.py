"""Telephone numbers of users; one counts once its owner has sent back a code."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app import clock
from app.crypto.vault import Vault
from app.events import Journal, Name
from app.mtoken.users import Customer
from app.store.users import PhoneNumberRow

AT_BOTH_ENDS = 3


@dataclass(frozen=True)
class PhoneNumber:
    """A number that its owner has confirmed."""

    id: str
    number: str = field(repr=False)
    """E.164."""
    confirmed_at: datetime

    @property
    def masked(self) -> str:
        """Enough to recognise it by, e.g. `+42******456`."""
        hidden = len(self.number) - 2 * AT_BOTH_ENDS
        return self.number[:AT_BOTH_ENDS] + "*" * hidden + self.number[-AT_BOTH_ENDS:]


class PhoneNumbers:
    """Keeps them sealed; a user has one at a time: a new one replaces the old when it counts."""

    def __init__(self, session: Session, vault: Vault, journal: Journal) -> None:
        self._session = session
        self._vault = vault
        self._journal = journal

    def add(self, customer: Customer, number: str) -> str:
        """Keep a number that nobody has confirmed yet; return its id."""
        number_id = str(uuid4())
        self._session.add(
            PhoneNumberRow(
                id=number_id,
                user_row_id=customer.id,
                number_sealed=self._vault.seal(number.encode(), context=_place(number_id)),
                created_at=clock.now(),
            )
        )
        self._session.flush()
        return number_id

    def confirmed(self, customer: Customer) -> Sequence[PhoneNumber]:
        """Return the numbers that count, the newest first."""
        wanted = (
            select(PhoneNumberRow)
            .where(
                PhoneNumberRow.user_row_id == customer.id,
                PhoneNumberRow.confirmed_at.is_not(None),
            )
            .order_by(PhoneNumberRow.confirmed_at.desc(), PhoneNumberRow.id)
        )
        return [
            PhoneNumber(row.id, self._opened(row), row.confirmed_at)
            for row in self._session.scalars(wanted)
            if row.confirmed_at is not None
        ]

    def counts(self, number_id: str) -> bool:
        """Tell whether a number is its owner's still; one that was replaced is not."""
        row = self._session.get(PhoneNumberRow, number_id, populate_existing=True)
        return row is not None and row.confirmed_at is not None

    def confirm(self, customer: Customer, number_id: str) -> None:
        """Let a number count; it takes the place of all others of this user."""
        row = self._session.get_one(PhoneNumberRow, number_id)
        row.confirmed_at = clock.now()
        self._session.execute(
            delete(PhoneNumberRow).where(
                PhoneNumberRow.user_row_id == customer.id,
                PhoneNumberRow.confirmed_at.is_not(None),
                PhoneNumberRow.id != number_id,
            )
        )
        self._journal.record(
            Name.PHONE_NUMBER_CONFIRMED, customer.id, application=customer.application_id
        )

    def _opened(self, row: PhoneNumberRow) -> str:
        return self._vault.open(row.number_sealed, context=_place(row.id)).decode()


def _place(number_id: str) -> str:
    return f"phone_numbers.number:{number_id}"
