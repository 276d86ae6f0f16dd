"""Operations for a phone without a network: a signed QR text there, 16 digits back."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy.orm import Session

from app import clock
from app.crypto.activation import State
from app.crypto.offline_code import signed_data
from app.crypto.offline_qr import OfflineOperation, SigningKey
from app.crypto.signatures import SignatureType
from app.crypto.totp import accepted
from app.crypto.vault import Vault
from app.errors import RegistrationNotFound
from app.mtoken.approving import Approving
from app.mtoken.handsets import handset_of
from app.mtoken.keyring import Keyring
from app.mtoken.lifecycle import Lifecycle
from app.mtoken.operation_views import Operation, Origin, Refusal
from app.mtoken.operations import Operations, seed_place
from app.mtoken.push import message_of
from app.mtoken.signing import Signing
from app.mtoken.verdicts import Refused
from app.mtoken.wording import spoken
from app.nextstep.form_data import localise
from app.store.operations import OperationRow
from app.store.registrations import POWERAUTH, Registration
from app.texts import Texts

BIOMETRY: Final = SignatureType.POSSESSION_BIOMETRY
OLDEST_STEPS: Final = 10
"""How many steps ago (of 30 s) the one-time password of the QR code may be: people read, decide
and type between the code and the digits."""

SCREENS: Final = (("flipButtons", "X"), ("blockApprovalOnCall", "C"), ("preApprovalScreen", "F"))
"""Screens of the app → flags that stand for them."""

UNSPEAKABLE: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True)
class Digits:
    """What a person copied from a phone, and what it must be a signature of."""

    operation_id: str
    registration_id: str
    nonce: str
    """As the QR code had it: 16 bytes as Base64, kept by whoever showed the code."""
    counts: bool = field(kw_only=True)
    """Whether wrong digits are held against the phone: not where a stranger could type them,
    who knows no more than a login number, and would block it."""
    code: str = field(repr=False)
    """`12345678-12345678`."""


@dataclass(frozen=True)
class Verdict:
    """What became of the digits; what was counted must be committed."""

    refusal: Refusal | None
    """None: the operation is approved."""
    state: str
    """Of the phone's registration: what is not ACTIVE, now or before, approves nothing more."""
    kind: SignatureType | None = None
    """With which factors the digits were made; None: they are wrong, or were not looked at."""


class Offline:
    """Asks a phone by a picture, and believes its digits."""

    def __init__(  # noqa: PLR0913 - what a judgement consists of
        self,
        session: Session,
        *,
        operations: Operations,
        approving: Approving,
        signing: Signing,
        lifecycle: Lifecycle,
        vault: Vault,
        texts: Texts,
    ) -> None:
        self._session = session
        self._operations = operations
        self._approving = approving
        self._signing = signing
        self._lifecycle = lifecycle
        self._keyring, self._vault, self._texts = Keyring(vault), vault, texts

    def qr_text(self, operation_id: str, registration_id: str, *, nonce: str, language: str) -> str:
        """Return what the QR code says, signed for this phone alone.

        Raises OperationNotFound and RegistrationNotFound, and InvalidOfflineTextError for data
        that do not fit on one line.
        """
        operation = self._operations.get(operation_id)
        row = self._row(operation, registration_id)
        said = spoken(operation.texts, language)
        words = localise(
            operation.form,
            self._texts.words(language).saying(said.words),
            parameters=operation.parameters,
        )
        asked = OfflineOperation(
            operation_id=operation.id,
            title=_speakable(message_of(words, "title")),
            message=_speakable(message_of(words, "summary")),
            operation_data=operation.data,
            nonce=nonce,
            flags=_flags(operation, said.ui),
            totp=self._operations.proximity_otp(operation_id),
        )
        return asked.sign(self._keyring.server_key(row), SigningKey.PERSONALIZED)

    def approve(self, given: Digits, origin: Origin) -> Verdict:
        """Approve an operation by digits; wrong ones count against operation and phone.

        Locks the registration. Raises RegistrationNotFound.
        """
        row = self._lifecycle.locked(given.registration_id)
        if row is None:
            raise RegistrationNotFound(given.registration_id)
        if row.state != State.ACTIVE.name:
            return Verdict(Refusal.UNKNOWN, row.state)

        kind: SignatureType | None = None

        def judge(operation: OperationRow) -> SignatureType | None:
            nonlocal kind
            found = self._signing.verify_offline(
                row,
                given.code,
                signed_data(operation.id, operation.data, given.nonce, self._totps(operation)),
                allow_biometry=BIOMETRY.value in operation.factors,
                counts=given.counts,
            )
            kind = None if isinstance(found, Refused) else found.kind
            return kind

        refusal = self._approving.approve_by(
            handset_of(row), given.operation_id, judge=judge, origin=origin
        )
        return Verdict(refusal, row.state, kind)

    def remaining(self, operation_id: str, registration_id: str, *, counts: bool) -> int:
        """Return how many wrong answers the operation, and the phone, still take."""
        operation = self._operations.get(operation_id)
        left = operation.max_failures - operation.failures
        if not counts:
            return left
        row = self._row(operation, registration_id)
        return min(left, row.max_failed_attempts - row.failed_attempts)

    def _row(self, operation: Operation, registration_id: str) -> Registration:
        row = self._session.get(Registration, registration_id)
        if row is None or row.kind != POWERAUTH or row.user_id != operation.user_id:
            raise RegistrationNotFound(registration_id)
        return row

    def _totps(self, operation: OperationRow) -> Iterator[str] | None:
        if operation.proximity_seed is None:
            return None
        seed = self._vault.open(operation.proximity_seed, context=seed_place(operation.id))
        return accepted(seed, int(clock.now().timestamp()), past_steps=OLDEST_STEPS)


def _flags(operation: Operation, own: Mapping[str, object] | None) -> str:
    """Return what the phone has to mind; where there are screens, the risk flags say nothing."""
    biometry = "B" if BIOMETRY in operation.factors else ""
    ui = operation.ui if own is None else own
    if ui is None:
        return biometry + operation.risk_flags
    return biometry + "".join(flag for name, flag in SCREENS if ui.get(name))


def _speakable(text: str) -> str:
    return UNSPEAKABLE.sub(" ", text)
