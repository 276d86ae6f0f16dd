"""End-to-end encryption, the phone's side: seal one request, open its one answer."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.demo.phone.primitives import (
    NOTHING,
    PrivateKey,
    PublicKey,
    agreed,
    b64,
    decrypted,
    derived_from_bytes,
    encrypted,
    mac,
    new_key,
    point,
    stretched,
    unb64,
)
from app.demo.phone.refusals import PhoneRefused

ENVELOPE_SIZE = 48
TIMES = range(2**63)


@dataclass(frozen=True)
class Target:
    """The portal's key that a request is encrypted for."""

    public: PublicKey
    temporary_id: str | None = None
    """Since 3.3 it is a temporary key."""


@dataclass(frozen=True)
class Route:
    """How a request goes to the portal at one moment."""

    target: Target
    now: int
    """Milliseconds since 1970."""


@dataclass(frozen=True)
class Parties:
    """Who talks: an app, or one registration of it."""

    version: str
    application_key: str
    application_secret: str = field(repr=False)
    activation_id: str | None = None
    transport: bytes = field(default=b"", repr=False)

    def base(self) -> bytes:
        """Return the secret part of what a MAC covers."""
        secret = self.application_secret.encode()
        return mac(self.transport, secret) if self.transport else hashlib.sha256(secret).digest()

    def associated(self, temporary_id: str | None) -> bytes:
        """Return whom a message is bound to."""
        texts = [self.version, self.application_key]
        texts += [self.activation_id] if self.activation_id else []
        texts += [temporary_id] if temporary_id else []
        return counted(*(text.encode() for text in texts))


@dataclass(frozen=True)
class Sealed:
    """A sealed request, and what opens the answer to it."""

    fields: dict[str, object]
    parties: Parties
    envelope: bytes = field(repr=False)

    def open(self, answer: Mapping[str, object]) -> bytes:
        """Open the answer, if the portal has made it for this request."""
        data, found = unb64(answer.get("encryptedData")), unb64(answer.get("mac"))
        nonce, time = self._own(answer)
        temporary_id = self.fields.get("temporaryKeyId")
        associated = self.parties.associated(temporary_id if isinstance(temporary_id, str) else "")
        covered = data + info_2(self.parties, nonce, time, b"", associated)
        if not hmac.compare_digest(mac(self.envelope[16:32], covered), found):
            raise PhoneRefused("not the portal's answer")
        return decrypted(self.envelope[:16], _iv(self.envelope, nonce), data)

    def _own(self, answer: Mapping[str, object]) -> tuple[bytes, int]:
        if self.parties.version >= "3.2":
            time = answer.get("timestamp")
            if not isinstance(time, int) or time not in TIMES:
                raise PhoneRefused("an answer without its time")
            return unb64(answer.get("nonce")), time
        return unb64(self.fields.get("nonce", "")), 0


def seal(plain: bytes, purpose: str, parties: Parties, route: Route) -> Sealed:
    """Seal a request for one purpose, e.g. `/pa/token/create`."""
    ephemeral = new_key()
    keys = envelope(ephemeral, route.target.public, point(ephemeral), purpose, parties.version)
    nonce = b"" if parties.version == "3.0" else secrets.token_bytes(16)
    moment = Moment(point(ephemeral), nonce, route.now)
    return sealed_with(keys, plain, parties, moment, route.target.temporary_id)


def envelope(
    ours: PrivateKey, theirs: PublicKey, ephemeral: bytes, purpose: str, version: str
) -> bytes:
    """Agree on the three keys of a request; what it is for is part of them.

    Versions compare as texts: `"3.2" <= version` reads "since 3.2".
    """
    info = (version if version >= "3.2" else "") + purpose
    return stretched(agreed(ours, theirs), info.encode() + ephemeral, ENVELOPE_SIZE)


@dataclass(frozen=True)
class Moment:
    """What is new in every request."""

    ephemeral: bytes
    nonce: bytes
    time: int


def sealed_with(
    keys: bytes, plain: bytes, parties: Parties, moment: Moment, temporary_id: str | None
) -> Sealed:
    """Seal a request with keys that are known."""
    version = parties.version
    associated = parties.associated(temporary_id)
    data = encrypted(keys[:16], _iv(keys, moment.nonce), plain)
    covered = info_2(parties, moment.nonce, moment.time, moment.ephemeral, associated)
    fields: dict[str, object] = {
        "ephemeralPublicKey": b64(moment.ephemeral),
        "encryptedData": b64(data),
        "mac": b64(mac(keys[16:32], data + covered)),
    }
    if version >= "3.1":
        fields["nonce"] = b64(moment.nonce)
    if version >= "3.2":
        fields["timestamp"] = moment.time
    if version >= "3.3":
        fields["temporaryKeyId"] = temporary_id
    return Sealed(fields, parties, keys)


def info_2(parties: Parties, nonce: bytes, time: int, ephemeral: bytes, associated: bytes) -> bytes:
    """Return what a MAC covers beside the encrypted bytes."""
    if parties.version < "3.2":
        return parties.base()
    return counted(parties.base(), nonce, time.to_bytes(8), ephemeral, associated)


def counted(*parts: bytes) -> bytes:
    """Join parts, each after its length."""
    return b"".join(len(part).to_bytes(4) + part for part in parts)


def _iv(keys: bytes, nonce: bytes) -> bytes:
    return derived_from_bytes(keys[32:], nonce) if nonce else NOTHING
