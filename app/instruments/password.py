"""The password, judged by the bank."""

from app.bank.base import Bank
from app.hashing import HashingGate

MAX_LENGTH = 256


class Password:
    """Asks the bank whether this is the user's password; slow, so never in a transaction."""

    def __init__(self, bank: Bank, gate: HashingGate) -> None:
        self._bank = bank
        self._gate = gate

    def is_right(self, given: str, *, user_id: str | None, organization_id: str) -> bool:
        """Judge a password. An unknown or blocked user (None) costs the same and is wrong."""
        with self._gate():
            right = self._bank.check_password(
                user_id=user_id, organization_id=organization_id, password=given
            )
        return right and user_id is not None
