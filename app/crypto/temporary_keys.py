"""Temporary keys (3.3): a signed request, and an answer that our lasting key has signed."""

import json
from dataclasses import dataclass, field
from typing import Self

from app.crypto.encoding import (
    from_base64,
    from_base64url,
    json_object,
    same,
    to_base64,
    to_base64url,
)
from app.crypto.errors import InvalidKeyError, InvalidKeyRequestError
from app.crypto.headers import is_uuid
from app.crypto.keys import PrivateKey, PublicKey
from app.crypto.primitives import KEY_BYTES, hmac_sha256, kdf_internal

MOST_CHARACTERS = 2_000
JWT_PARTS = 3
CHALLENGE_BYTES = range(16, 65)
MAC_BYTES = 32
ANSWER_HEADER = {"alg": "ES256", "typ": "JWT"}
MILLISECONDS = 1000


@dataclass(frozen=True)
class KeyRequest:
    """What a phone asks with. Nothing of it is true until `check` has passed."""

    application_key: str
    activation_id: str | None
    """None in the scope of an application."""
    challenge: str
    signed: bytes = field(repr=False)
    mac: bytes = field(repr=False)

    @classmethod
    def read(cls, jwt: str) -> Self:
        """Read the JWT of a request. Raises InvalidKeyRequestError."""
        parts = jwt.split(".") if len(jwt) <= MOST_CHARACTERS else []
        if len(parts) != JWT_PARTS:
            raise InvalidKeyRequestError("not a JWT")
        header, payload, mac = (from_base64url(part, InvalidKeyRequestError) for part in parts)
        _check_header(json_object(header, InvalidKeyRequestError))
        claims = json_object(payload, InvalidKeyRequestError)
        return cls(
            application_key=_application_key(claims.get("applicationKey")),
            activation_id=_activation_id(claims.get("activationId")),
            challenge=_challenge(claims.get("challenge")),
            signed=".".join(parts[:2]).encode("ascii"),
            mac=mac,
        )

    def check(self, application_secret: str, transport: bytes | None = None) -> None:
        """Refuse a request that was signed with anything else than these secrets."""
        if (transport is None) != (self.activation_id is None):
            raise InvalidKeyRequestError("signed in another scope")
        expected = hmac_sha256(request_key(application_secret, transport), self.signed)
        if not same(expected, self.mac):
            raise InvalidKeyRequestError("signed with another secret")


@dataclass(frozen=True)
class TemporaryKey:
    """The public half of what we give out, and how long it lives."""

    key_id: str
    public: PublicKey
    issued_at: int
    """Milliseconds since 1970, here and below."""
    expires_at: int

    def answer(self, request: KeyRequest, signer: PrivateKey) -> str:
        """Return the JWT that answers a request, signed with the key of its scope."""
        claims: dict[str, object] = {
            "sub": self.key_id,
            "applicationKey": request.application_key,
            "challenge": request.challenge,
            "publicKey": to_base64(self.public.uncompressed),
            "iat": self.issued_at // MILLISECONDS,
            "exp": self.expires_at // MILLISECONDS,
            "iat_ms": self.issued_at,
            "exp_ms": self.expires_at,
        }
        if request.activation_id is not None:
            claims["activationId"] = request.activation_id
        signed = f"{_part(ANSWER_HEADER)}.{_part(claims)}"
        return f"{signed}.{to_base64url(signer.sign_raw(signed.encode('ascii')))}"


def request_key(application_secret: str, transport: bytes | None = None) -> bytes:
    """Return the key of a request's HMAC. Here the secret is its bytes, not its text."""
    secret = from_base64(application_secret, InvalidKeyError, size=KEY_BYTES)
    return secret if transport is None else kdf_internal(transport, secret)


def _part(value: dict[str, str] | dict[str, object]) -> str:
    return to_base64url(json.dumps(value, separators=(",", ":")).encode())


def _check_header(header: dict[str, object]) -> None:
    if header.get("alg") != "HS256" or header.get("typ", "JWT") != "JWT" or "crit" in header:
        raise InvalidKeyRequestError("not signed by HS256")


def _application_key(value: object) -> str:
    if not isinstance(value, str):
        raise InvalidKeyRequestError("applicationKey is missing")
    from_base64(value, InvalidKeyRequestError, size=KEY_BYTES)
    return value


def _activation_id(value: object) -> str | None:
    if value is not None and not (isinstance(value, str) and is_uuid(value)):
        raise InvalidKeyRequestError("activationId is not a UUID")
    return value


def _challenge(value: object) -> str:
    if not isinstance(value, str):
        raise InvalidKeyRequestError("challenge is missing")
    if len(from_base64(value, InvalidKeyRequestError)) not in CHALLENGE_BYTES:
        raise InvalidKeyRequestError("challenge has a wrong length")
    return value
