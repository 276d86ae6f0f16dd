"""Operations for phones without a network, where a back end shows the code and takes the digits.

What a flow of the portal has opened is answered on its own page alone, which keeps the nonce and
knows whether wrong digits may be held against the phone.
"""

import re
import secrets
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy.orm import Session

from app.crypto.activation import State
from app.crypto.encoding import from_base64, same, to_base64
from app.crypto.errors import InvalidOfflineTextError
from app.crypto.signatures import SignatureType
from app.crypto.vault import Vault
from app.errors import (
    InvalidOperationData,
    OfflineCodeMalformed,
    OfflineNonceRefused,
    OperationChangeRefused,
    RegistrationNotFound,
)
from app.mtoken.approving import Approving
from app.mtoken.handsets import UNVERIFIED, handset_of
from app.mtoken.offline import Digits, Offline
from app.mtoken.operation_views import Operation, Origin, Refusal
from app.mtoken.operations import Operations
from app.store.flows import Flow
from app.store.registrations import POWERAUTH, Registration

CODE: Final = re.compile(r"[0-9]{8}-[0-9]{8}")
HALF_OF_A_NONCE: Final = 8
OVER: Final = frozenset({Refusal.FINISHED, Refusal.CANCELED, Refusal.EXPIRED})


@dataclass(frozen=True)
class Challenge:
    """What a back end shows, and gives back with the digits."""

    text: str
    nonce: str


@dataclass(frozen=True)
class Answer:
    """What a back end was told by a person."""

    operation_id: str
    registration_id: str
    nonce: str
    code: str = field(repr=False)


@dataclass(frozen=True)
class Judged:
    """What became of the digits; what was counted must be committed."""

    is_valid: bool
    is_over: bool
    """Whether somebody else ended the operation at this moment."""
    user_id: str
    registration_id: str
    state: str
    kind: SignatureType | None
    remaining: int
    flags: list[str]


class OfflineCalls:
    """Asks and judges for a back end that sees only the applications `within`."""

    def __init__(
        self,
        session: Session,
        *,
        operations: Operations,
        approving: Approving,
        offline: Offline,
        vault: Vault,
    ) -> None:
        self._session = session
        self._operations = operations
        self._approving = approving
        self._offline = offline
        self._vault = vault

    def challenge(
        self, operation_id: str, registration_id: str, *, language: str, within: frozenset[str]
    ) -> Challenge:
        """Return a code for one phone that may approve an operation now.

        Raises OperationNotFound, OperationChangeRefused for one that is over or is the portal's,
        RegistrationNotFound, and InvalidOperationData for data that do not fit on one line.
        """
        operation = self._waiting(operation_id, within)
        row = self._phone(operation, registration_id, within)
        handset = handset_of(row)
        if row.state != State.ACTIVE.name or handset.flags & UNVERIFIED:
            raise RegistrationNotFound(registration_id)
        if isinstance(self._approving.detail(handset, operation_id), Refusal):
            raise RegistrationNotFound(registration_id)
        nonce = self._nonce(operation_id, row.id, secrets.token_bytes(HALF_OF_A_NONCE))
        try:
            text = self._offline.qr_text(operation_id, row.id, nonce=nonce, language=language)
        except InvalidOfflineTextError as error:
            raise InvalidOperationData(str(error)) from None
        return Challenge(text, nonce)

    def judge(self, given: Answer, within: frozenset[str]) -> Judged:
        """Approve an operation by digits; wrong ones count against operation and phone.

        Raises as `challenge` does; OfflineCodeMalformed for what are no digits, and
        OfflineNonceRefused for a nonce that this operation and this phone were not given.
        """
        if CODE.fullmatch(given.code) is None:
            raise OfflineCodeMalformed("not twice eight digits")
        operation = self._waiting(given.operation_id, within)
        row = self._phone(operation, given.registration_id, within)
        if not self._is_ours(given):
            raise OfflineNonceRefused("another nonce")
        digits = Digits(operation.id, row.id, given.nonce, given.code, counts=True)
        verdict = self._offline.approve(digits, Origin())
        left = self._offline.remaining(operation.id, row.id, counts=True)
        return Judged(
            is_valid=verdict.refusal is None,
            is_over=verdict.refusal in OVER,
            user_id=row.user_id,
            registration_id=row.id,
            state=verdict.state,
            kind=verdict.kind,
            remaining=left if verdict.state == State.ACTIVE.name else 0,
            flags=[str(flag) for flag in row.flags],
        )

    def _waiting(self, operation_id: str, within: frozenset[str]) -> Operation:
        operation = self._operations.within(within).get(operation_id)
        if operation.status != "PENDING":
            raise OperationChangeRefused("it has ended")
        if operation.external_id and self._session.get(Flow, operation.external_id) is not None:
            raise OperationChangeRefused("it is answered on the portal's page")
        return operation

    def _phone(
        self, operation: Operation, registration_id: str, within: frozenset[str]
    ) -> Registration:
        row = self._session.get(Registration, registration_id)
        is_users = row is not None and row.user_id == operation.user_id and row.kind == POWERAUTH
        if row is None or not is_users or row.application_id not in within:
            raise RegistrationNotFound(registration_id)
        return row

    def _is_ours(self, given: Answer) -> bool:
        """Tell whether a nonce was made for this operation and this phone, whenever it was."""
        try:
            start = from_base64(given.nonce, InvalidOfflineTextError)[:HALF_OF_A_NONCE]
        except InvalidOfflineTextError:
            return False
        return same(self._nonce(given.operation_id, given.registration_id, start), given.nonce)

    def _nonce(self, operation_id: str, registration_id: str, start: bytes) -> str:
        """Return 16 bytes, the second half of which only we can make from the first."""
        named = f"{operation_id}\n{registration_id}\n{start.hex()}"
        mark = bytes.fromhex(self._vault.digest(named, purpose="offline.nonce"))
        return to_base64(start + mark[:HALF_OF_A_NONCE])
