"""What apps with a public key alone answer: a new key, an approval, or no.

They sign lines of text that name what they do, whom it is for, and the challenge (docs/nevis.md).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal

from sqlalchemy.orm import Session

from app import clock
from app.crypto.activation import State
from app.crypto.encoding import from_base64url, to_base64url
from app.crypto.errors import InvalidKeyError, ProtocolError
from app.crypto.keys import PublicKey
from app.crypto.signatures import SignatureType
from app.errors import BadRequest
from app.mtoken.approving import Approving
from app.mtoken.challenges import challenge_of, named
from app.mtoken.facade_tokens import FacadeTokens
from app.mtoken.handsets import handset_of
from app.mtoken.lifecycle import MAX_FAILED_ATTEMPTS, Lifecycle
from app.mtoken.operation_views import Operation, Origin, Refusal
from app.mtoken.phones import Phones
from app.mtoken.transaction_views import Standing
from app.mtoken.verdicts import Bearer
from app.store.operations import OperationRow
from app.store.registrations import APP, Registration

LABEL: Final = "webflow.app.v1"
DECLINED: Final = "DECLINED"

Verification = Literal["pin", "biometry"]
PROVED: Final = {
    "pin": SignatureType.POSSESSION_KNOWLEDGE,
    "biometry": SignatureType.POSSESSION_BIOMETRY,
}
"""How a person unlocked the key → what the signature proves."""


@dataclass(frozen=True)
class Proof:
    """A signature, and how its key was unlocked."""

    verification: Verification
    signature: str = field(repr=False)
    """DER, base64url."""
    origin: Origin = field(default_factory=Origin)


@dataclass(frozen=True)
class NewKey:
    """What a new app tells of itself."""

    public_key: str
    """A point of P-256, 65 bytes, base64url."""
    name: str | None = None
    platform: str | None = None
    """`android` or `ios`."""
    user_agent: str | None = None
    push_platform: str | None = None
    push_token: str | None = field(default=None, repr=False)


def signed_text(*lines: str) -> bytes:
    """Return what an app signs."""
    return "\n".join((LABEL, *lines)).encode()


class AppAnswers:
    """Takes the answers of apps to operations; what they are refused is a value, and counted."""

    def __init__(
        self,
        session: Session,
        *,
        approving: Approving,
        lifecycle: Lifecycle,
        phones: Phones,
        tokens: FacadeTokens,
    ) -> None:
        self._session = session
        self._approving = approving
        self._lifecycle = lifecycle
        self._phones = phones
        self._tokens = tokens

    def enroll(self, standing: Standing, key: NewKey, proof: Proof) -> Refusal | None:
        """Register an app by its key; None: done. Raises BadRequest for what is no key.

        An app that has not heard the answer says it again, and hears it.
        """
        public = _public(key.public_key)
        row = self._asked(standing.operation)
        if row is None:
            return Refusal.CANCELED
        text = self._text("Reg", standing.operation, row, proof, key.public_key)
        if row.state != State.CREATED.name:
            is_known = row.state == State.ACTIVE.name and row.device_public == public.uncompressed
            return None if is_known and _is_right(public, text, proof) else Refusal.CANCELED
        refusal = self._judged(standing.operation, row, proof, _by(public, text, proof))
        if refusal is None:
            self._admit(row, key, public)
        elif refusal is Refusal.FAILED:
            self._lifecycle.move(row, State.REMOVED, MAX_FAILED_ATTEMPTS)
        return refusal

    def approve(self, standing: Standing, authenticator_id: str, proof: Proof) -> Refusal | None:
        """Approve an operation; None: done. A wrong signature is counted against it.

        UNKNOWN is every authenticator that was not asked: nobody learns which there are. An app
        that has not heard the answer says it again, and hears it; nothing changes.
        """
        within = frozenset(standing.operation.applications)
        row = self._lifecycle.locked(authenticator_id, within)
        if row is None or row.kind != APP or row.state != State.ACTIVE.name:
            return Refusal.UNKNOWN
        text = self._text("Auth", standing.operation, row, proof)
        public = PublicKey(row.device_public or b"")
        refusal = self._judged(standing.operation, row, proof, _by(public, text, proof))
        if refusal is None:
            row.last_used_at = clock.now()
        elif refusal is Refusal.FINISHED and _is_right(public, text, proof):
            return self._unless_said(refusal, standing.operation, "APPROVED", row)
        return refusal

    def decline(self, standing: Standing, reason: str, origin: Origin) -> Refusal | None:
        """End an operation, and the registration that it was to make; None: done, also before."""
        operation = standing.operation
        row = self._asked(operation)
        if row is None:  # any app of this user may say no, and of one that is nobody's yet, too
            refusal = self._approving.decline(operation.id, reason=reason, origin=origin)
        else:
            refusal = self._approving.reject(
                handset_of(row), operation.id, reason=reason, origin=origin
            )
        if refusal is None and row is not None and row.state == State.CREATED.name:
            self._lifecycle.move(row, State.REMOVED, DECLINED)
        if refusal is Refusal.FINISHED:
            return self._unless_said(refusal, operation, "REJECTED", row)
        return refusal

    def _asked(self, operation: Operation) -> Registration | None:
        named_one = operation.registration_id
        return None if named_one is None else self._lifecycle.locked(named_one)

    def _unless_said(
        self, refusal: Refusal, operation: Operation, status: str, row: Registration | None
    ) -> Refusal | None:
        """Return the refusal, or None if just this app has said just this before."""
        said = (status, None if row is None else row.id)
        return None if self._approving.end_of(operation.id) == said else refusal

    def _judged(
        self,
        operation: Operation,
        row: Registration,
        proof: Proof,
        judge: Callable[[OperationRow], SignatureType | None],
    ) -> Refusal | None:
        return self._approving.approve_by(
            handset_of(row), operation.id, judge=judge, origin=proof.origin
        )

    def _text(
        self, act: str, operation: Operation, row: Registration, proof: Proof, *more: str
    ) -> bytes:
        challenge = named(challenge_of(operation.id, operation.data))
        issuer = self._tokens.issuer(row.application_id)
        return signed_text(act, issuer, challenge, proof.verification, *more)

    def _admit(self, row: Registration, key: NewKey, public: PublicKey) -> None:
        row.device_public = public.uncompressed
        row.name, row.platform, row.device_info = key.name, key.platform, key.user_agent
        self._lifecycle.move(row, State.ACTIVE)
        if key.push_token and key.push_platform:
            bearer = Bearer(row, SignatureType.POSSESSION)
            self._phones.reach(bearer, key.push_platform, key.push_token, None)


def _by(
    public: PublicKey, text: bytes, proof: Proof
) -> Callable[[OperationRow], SignatureType | None]:
    is_right = _is_right(public, text, proof)
    return lambda _row: PROVED[proof.verification] if is_right else None


def _is_right(public: PublicKey, text: bytes, proof: Proof) -> bool:
    try:
        return public.verifies(from_base64url(proof.signature, ProtocolError), text)
    except ProtocolError:
        return False


def _public(text: str) -> PublicKey:
    try:
        key = PublicKey(from_base64url(text, InvalidKeyError))
    except InvalidKeyError as error:
        raise BadRequest(str(error)) from None
    if to_base64url(key.uncompressed) != text:
        raise BadRequest("not the 65 bytes of a point")
    return key
