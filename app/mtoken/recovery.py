"""Recovery codes: on paper, for who has lost everything else. Each works once."""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import clock
from app.crypto.vault import Vault
from app.events import Journal, Name
from app.mtoken.users import Customer
from app.settings import LockoutSettings
from app.store.attempts import UserAttempts
from app.store.db import changed_one
from app.store.users import RecoveryCodeRow

ALPHABET: Final = "23456789ADEFGHJLMNQRTYabcdefghkmnpqrstuvwxyz"
"""44 signs that nobody takes for each other: of O0o, Il1, B8, and letters that are the same in
both cases, at most one. A code of 16 has 87 bits."""
CODES: Final = 16
SIGNS: Final = 16
GROUP: Final = 4
COUNTER: Final = "recovery"


class Verdict(StrEnum):
    """What a code came to; what was counted must be committed."""

    RIGHT = "right"
    WRONG = "wrong"
    BLOCKED = "blocked"
    """Nothing was judged: there were too many wrong ones."""


class RecoveryCodes:
    """Makes them, and lets each in once; kept as keyed hashes."""

    def __init__(
        self, session: Session, vault: Vault, journal: Journal, settings: LockoutSettings
    ) -> None:
        self._session = session
        self._vault = vault
        self._journal = journal
        self._settings = settings

    def issue(self, customer: Customer) -> Sequence[str]:
        """Return new codes, which nobody can read again; the old ones are worth nothing.

        The caller holds the user's row: of two sets at once one would be left over.
        """
        codes = [_new_code() for _ in range(CODES)]
        mine = RecoveryCodeRow.user_row_id == customer.id
        self._session.execute(delete(RecoveryCodeRow).where(mine))
        self._session.add_all(
            RecoveryCodeRow(
                digest=self._digest(customer, code),
                user_row_id=customer.id,
                created_at=clock.now(),
            )
            for code in codes
        )
        self._session.flush()
        self._tell(Name.RECOVERY_CODES_CREATED, customer)
        return codes

    def left(self, customer: Customer) -> int | None:
        """Return how many codes still work; None: there were never any."""
        mine = RecoveryCodeRow.user_row_id == customer.id
        counted = select(func.count(), func.count(RecoveryCodeRow.used_at)).where(mine)
        made, used = self._session.execute(counted).one()
        return made - used if made else None

    def use(self, customer: Customer, code: str) -> Verdict:
        """Judge a code, and use it up; wrong ones are counted, and block for a growing time."""
        attempts = self._held(customer)
        moment = clock.now()
        if attempts.blocked_until is not None and attempts.blocked_until > moment:
            return Verdict.BLOCKED
        attempts.updated_at = moment
        if self._spend(customer, code):
            attempts.failures, attempts.level, attempts.blocked_until = 0, 0, None
            self._tell(Name.RECOVERY_CODE_USED, customer)
            return Verdict.RIGHT
        attempts.failures += 1
        if attempts.failures % self._settings.failures == 0:
            attempts.blocked_until = moment + self._duration(attempts.level)
            attempts.level += 1
        self._tell(Name.RECOVERY_CODE_REFUSED, customer)
        return Verdict.WRONG

    def is_blocked(self, customer: Customer) -> bool:
        """Tell whether no code of this user is judged for now."""
        row = self._session.get(UserAttempts, _key(customer))
        return row is not None and row.blocked_until is not None and row.blocked_until > clock.now()

    def _spend(self, customer: Customer, code: str) -> bool:
        return changed_one(
            self._session,
            update(RecoveryCodeRow)
            .where(
                RecoveryCodeRow.digest == self._digest(customer, code),
                RecoveryCodeRow.user_row_id == customer.id,
                RecoveryCodeRow.used_at.is_(None),
            )
            .values(used_at=clock.now())
            .execution_options(synchronize_session=False),
        )

    def _held(self, customer: Customer) -> UserAttempts:
        """Return the count of a user, which nobody else changes until the commit."""
        key = _key(customer)
        if self._session.get(UserAttempts, key) is None:
            row = UserAttempts(
                organization_id=key[0],
                username=key[1],
                counter=key[2],
                failures=0,
                level=0,
                updated_at=clock.now(),
            )
            try:
                with self._session.begin_nested():
                    self._session.add(row)
            except IntegrityError:  # made by a guess at the same moment
                pass
        return self._session.get_one(
            UserAttempts, key, with_for_update=True, populate_existing=True
        )

    def _duration(self, level: int) -> timedelta:
        durations = self._settings.durations
        return durations[min(level, len(durations) - 1)]

    def _digest(self, customer: Customer, code: str) -> str:
        signs = code.replace("-", "")
        return self._vault.digest(f"{customer.id}\n{signs}", purpose="recovery_codes.code")

    def _tell(self, name: Name, customer: Customer) -> None:
        self._journal.record(name, customer.id, application=customer.application_id)


def _key(customer: Customer) -> tuple[str, str, str]:
    return customer.application_id, customer.id, COUNTER


def _new_code() -> str:
    signs = "".join(secrets.choice(ALPHABET) for _ in range(SIGNS))
    return "-".join(signs[start : start + GROUP] for start in range(0, SIGNS, GROUP))
