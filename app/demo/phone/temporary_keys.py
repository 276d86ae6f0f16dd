"""Temporary keys: ask for one, believe only the portal's answer."""

import base64
import binascii
import json
from dataclasses import dataclass, field

from app.demo.phone.primitives import (
    derived_from_bytes,
    is_signed_as_jwt,
    mac,
    public_key,
    unb64,
)
from app.demo.phone.refusals import PhoneRefused
from app.demo.phone.sealing import Parties, Target

MARGIN = 10_000
"""A key is not used in its last ten seconds."""


@dataclass(frozen=True)
class Question:
    """What is asked, and what an answer must repeat."""

    jwt: str
    parties: Parties
    challenge: str
    signer: str = field(repr=False)
    """The portal's lasting key of the scope, Base64."""

    def accept(self, jwt: str, now: int) -> "TemporaryKey":
        """Read the answer; `now` is in milliseconds."""
        signed, _, signature = jwt.rpartition(".")
        header, _, payload = signed.partition(".")
        if _json(header) != {"alg": "ES256", "typ": "JWT"}:
            raise PhoneRefused("signed in another way")
        if not is_signed_as_jwt(public_key(unb64(self.signer)), _unb64url(signature),
                                signed.encode()):  # fmt: skip
            raise PhoneRefused("signed by somebody else")
        claims = _json(payload)
        expected = {
            "challenge": self.challenge,
            "applicationKey": self.parties.application_key,
            "activationId": self.parties.activation_id,
        }
        if any(claims.get(name) != value for name, value in expected.items()):
            raise PhoneRefused("an answer to another question")
        key_id, expires = claims.get("sub"), claims.get("exp_ms")
        if not isinstance(key_id, str) or not isinstance(expires, int) or expires <= now:
            raise PhoneRefused("a key without a name, or an old one")
        return TemporaryKey(Target(public_key(unb64(claims.get("publicKey"))), key_id), expires)


@dataclass(frozen=True)
class TemporaryKey:
    """A key to encrypt for, and until when."""

    target: Target
    expires: int

    def is_usable(self, now: int) -> bool:
        """Tell whether another request can be encrypted for it."""
        return now < self.expires - MARGIN


def ask(parties: Parties, signer: str, challenge: str) -> Question:
    """Ask for a key in the scope of an app or of a registration."""
    claims = {"applicationKey": parties.application_key}
    if parties.activation_id:
        claims["activationId"] = parties.activation_id
    claims["challenge"] = challenge
    secret = unb64(parties.application_secret)
    key = derived_from_bytes(parties.transport, secret) if parties.transport else secret
    signed = ".".join(_part(part) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    return Question(f"{signed}.{_b64url(mac(key, signed.encode()))}", parties, challenge, signer)


def _part(value: dict[str, str]) -> str:
    return _b64url(json.dumps(value, separators=(",", ":")).encode())


def _b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _unb64url(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise PhoneRefused("not base64url") from None


def _json(part: str) -> dict[str, object]:
    try:
        value = json.loads(_unb64url(part))
    except ValueError:
        raise PhoneRefused("not JSON") from None
    if not isinstance(value, dict):
        raise PhoneRefused("not an object")
    return value
