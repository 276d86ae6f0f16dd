"""Signatures and tokens that phones have given to a back end, which has them judged here."""

from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from app.crypto.activation import State
from app.crypto.errors import ProtocolError
from app.crypto.headers import SignatureHeader, TokenHeader
from app.errors import SignatureMalformed, TokenMalformed
from app.mtoken.signing import Signing
from app.mtoken.tokens import Tokens
from app.mtoken.verdicts import Refused
from app.store.registrations import POWERAUTH, Registration, RegistrationToken


@dataclass(frozen=True)
class SignedRequest:
    """What a back end got from a phone."""

    header: str = field(repr=False)
    """`X-PowerAuth-Authorization`."""
    method: str
    uri_id: str
    body: bytes = field(default=b"", repr=False)
    query: str = field(default="", repr=False)


@dataclass(frozen=True)
class Checked:
    """What became of it; what was counted must be committed."""

    is_valid: bool
    registration_id: str | None = None
    user_id: str | None = None
    state: str | None = None
    kind: str | None = None
    """The factors, e.g. `POSSESSION_KNOWLEDGE`."""
    remaining: int = 0
    """How many wrong signatures the phone still takes."""


class Checking:
    """Judges for a back end that sees only `within`: other phones are not there for it."""

    def __init__(self, session: Session, *, signing: Signing, tokens: Tokens) -> None:
        self._session = session
        self._signing = signing
        self._tokens = tokens

    def signature(self, asked: SignedRequest, within: frozenset[str]) -> Checked:
        """Judge a signature, which uses it up. Raises SignatureMalformed."""
        try:
            read = SignatureHeader.read(asked.header)
        except ProtocolError as error:
            raise SignatureMalformed(str(error)) from None
        verdict = self._signing.verify(
            asked.header, asked.method, asked.uri_id, asked.body, asked.query, within=within
        )
        is_valid, kind = not isinstance(verdict, Refused), read.kind.value.upper()
        row = self._row(read.activation_id, within)
        if row is None:  # as of one that has been removed
            return Checked(is_valid, read.activation_id, None, State.REMOVED.name, kind)
        return Checked(is_valid, row.id, row.user_id, row.state, kind, attempts_of(row))

    def token(self, header: str, within: frozenset[str]) -> Checked:
        """Judge a token, whose header works once. Raises TokenMalformed."""
        try:
            read = TokenHeader.read(header)
        except ProtocolError as error:
            raise TokenMalformed(str(error)) from None
        verdict = self._tokens.check(header, within=within)
        token = self._session.get(RegistrationToken, read.token_id)
        row = None if token is None else self._row(token.registration_id, within)
        if token is None or row is None:
            return Checked(is_valid=False)
        is_valid = not isinstance(verdict, Refused)
        return Checked(is_valid, row.id, row.user_id, row.state, token.kind.upper())

    def _row(self, registration_id: str, within: frozenset[str]) -> Registration | None:
        row = self._session.get(Registration, registration_id)
        if row is None or row.kind != POWERAUTH:
            return None
        return row if row.application_id in within else None


def attempts_of(row: Registration) -> int:
    """Return how many wrong signatures a phone still takes; none if it may not sign."""
    if row.state != State.ACTIVE.name:
        return 0
    return row.max_failed_attempts - row.failed_attempts
