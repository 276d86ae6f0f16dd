"""Tokens: made with a signature once, then enough for whatever only reads."""

import secrets
from datetime import timedelta
from uuid import uuid4

from sqlalchemy.orm import Session

from app import clock
from app.crypto.activation import State
from app.crypto.encoding import to_base64
from app.crypto.errors import ProtocolError
from app.crypto.headers import TokenHeader
from app.crypto.primitives import KEY_BYTES
from app.crypto.signatures import SignatureType
from app.crypto.suite import Suite
from app.events import Journal, Name
from app.mtoken.keyring import Keyring
from app.mtoken.memory import Memory
from app.mtoken.verdicts import Bearer, Refused, Signed, SignedOpened, milliseconds
from app.settings import MtokenSettings
from app.store.registrations import Registration, RegistrationToken


class Tokens:
    """Makes, judges and removes them.

    For every door that a token is enough for: `tokens.check(header)`, where `header` is
    `X-PowerAuth-Token`, returns a `Bearer` or `Refused`; commit both, for a header is used up.
    """

    def __init__(
        self,
        session: Session,
        *,
        journal: Journal,
        keyring: Keyring,
        memory: Memory,
        settings: MtokenSettings,
    ) -> None:
        self._session = session
        self._journal = journal
        self._keyring = keyring
        self._memory = memory
        self._settings = settings

    def create(self, asked: SignedOpened) -> dict[str, object]:
        """Make a token; it remembers the factors of the signature. Return the sealed answer."""
        secret = secrets.token_bytes(KEY_BYTES)
        row = RegistrationToken(
            id=str(uuid4()),
            registration_id=asked.registration.id,
            kind=asked.signed.kind.value,
            created_at=clock.now(),
        )
        self._keyring.put_token(row, secret)
        self._session.add(row)
        self._journal.record(Name.PHONE_TOKEN_CREATED, row.registration_id, kind=row.kind)
        return asked.answer({"tokenId": row.id, "tokenSecret": to_base64(secret)})

    def remove(self, signed: Signed, token_id: str) -> bool:
        """Remove a token of the phone that asks; False if it has no such token."""
        row = self._session.get(RegistrationToken, token_id)
        if row is None or row.registration_id != signed.registration.id:
            return False
        self._session.delete(row)
        self._journal.record(Name.PHONE_TOKEN_REMOVED, row.registration_id, kind=row.kind)
        return True

    def check(
        self, header: str | None, *, within: frozenset[str] | None = None
    ) -> Bearer | Refused:
        """Judge a header; each works once.

        A token of an application that is not `within` is not there, and is not used up.
        """
        try:
            read = TokenHeader.read(header or "")
        except ProtocolError as error:
            return Refused(str(error))
        token = self._session.get(RegistrationToken, read.token_id)
        if token is None:
            return Refused("no such token")
        registration = self._session.get_one(Registration, token.registration_id)
        if within is not None and registration.application_id not in within:
            return Refused("no such token")
        fault = self._fault(read, token)
        if fault is not None:
            return Refused(fault)
        if registration.state != State.ACTIVE.name:
            return Refused("not active")
        return Bearer(registration, SignatureType(token.kind))

    def _fault(self, read: TokenHeader, token: RegistrationToken) -> str | None:
        if not Suite(read.version).is_token_digest(read, self._keyring.token(token)):
            return "not made with the token's secret"
        age = timedelta(milliseconds=milliseconds() - read.timestamp)
        oldest, newest = self._settings.token_age, -self._settings.request_age
        if not newest <= age <= oldest:
            return "not of this time"
        used = f"{token.id}:{to_base64(read.nonce)}"
        if not self._memory.takes("token", used, until=clock.now() - age + oldest):
            return "came before"
        return None
