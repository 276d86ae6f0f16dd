"""The three PowerAuth headers. Their order is free, and some phones write them without commas."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from app.crypto.encoding import from_base64
from app.crypto.errors import InvalidHeaderError, ProtocolError
from app.crypto.primitives import KEY_BYTES
from app.crypto.signatures import SignatureType
from app.crypto.versions import Version, version_of

SCHEME = "PowerAuth "
MOST_CHARACTERS = 2_000
PAIR = re.compile(r'\s*([a-z_]+)="([^"]*)"\s*(?:,|(?=\s)|$)')
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
DIGITS_CODE = re.compile(r"[0-9]{8}(-[0-9]{8}){0,2}")
BASE64_CODE_SIZES = (16, 32, 48)
DIGEST_BYTES = 32
MILLISECONDS = re.compile(r"0|[1-9][0-9]{0,14}")
"""Until the year 33658: of more no span of time can be made."""


@dataclass(frozen=True)
class SignatureHeader:
    """`X-PowerAuth-Authorization`."""

    version: Version
    activation_id: str
    application_key: str
    nonce: str
    """The text as it came: the phone has signed it so."""
    kind: SignatureType
    signature: str = field(repr=False)

    @classmethod
    def read(cls, header: str) -> Self:
        """Read the header. Raises InvalidHeaderError or UnsupportedVersionError."""
        values = _values(header)
        nonce = _value(values, "pa_nonce")
        from_base64(nonce, InvalidHeaderError, size=KEY_BYTES)
        return cls(
            version=version_of(_value(values, "pa_version")),
            activation_id=_uuid(values, "pa_activation_id"),
            application_key=_key(values, "pa_application_key"),
            nonce=nonce,
            kind=_kind(_value(values, "pa_signature_type")),
            signature=_signature(_value(values, "pa_signature")),
        )


@dataclass(frozen=True)
class TokenHeader:
    """`X-PowerAuth-Token`."""

    version: Version
    token_id: str
    digest: bytes = field(repr=False)
    nonce: bytes
    timestamp: int
    """Milliseconds since 1970."""

    @classmethod
    def read(cls, header: str) -> Self:
        """Read the header. Raises InvalidHeaderError or UnsupportedVersionError."""
        values = _values(header)
        timestamp = _value(values, "timestamp")
        if not MILLISECONDS.fullmatch(timestamp):
            raise InvalidHeaderError("timestamp is not a number")
        digest, nonce = _value(values, "token_digest"), _value(values, "nonce")
        return cls(
            version=version_of(_value(values, "version")),
            token_id=_uuid(values, "token_id"),
            digest=from_base64(digest, InvalidHeaderError, size=DIGEST_BYTES),
            nonce=from_base64(nonce, InvalidHeaderError, size=KEY_BYTES),
            timestamp=int(timestamp),
        )


@dataclass(frozen=True)
class EncryptionHeader:
    """`X-PowerAuth-Encryption`: of requests that are encrypted and not signed."""

    version: Version
    application_key: str
    activation_id: str | None
    """None in the scope of an application."""

    @classmethod
    def read(cls, header: str) -> Self:
        """Read the header. Raises InvalidHeaderError or UnsupportedVersionError."""
        values = _values(header)
        return cls(
            version=version_of(_value(values, "version")),
            application_key=_key(values, "application_key"),
            activation_id=_uuid(values, "activation_id") if "activation_id" in values else None,
        )


def is_uuid(text: str) -> bool:
    """Tell whether a text has the form of a UUID, in whatever case."""
    return UUID.fullmatch(text) is not None


def _values(header: str) -> dict[str, str]:
    if not header.startswith(SCHEME) or len(header) > MOST_CHARACTERS:
        raise InvalidHeaderError("not a PowerAuth header")
    values: dict[str, str] = {}
    rest = header.removeprefix(SCHEME).rstrip()
    while rest:
        found = PAIR.match(rest)
        if found is None:
            raise InvalidHeaderError("not a list of values")
        if found[1] in values:
            raise InvalidHeaderError("a value stands twice")
        values[found[1]] = found[2]
        rest = rest[found.end() :]
    return values


def _value(values: Mapping[str, str], name: str) -> str:
    try:
        return values[name]
    except KeyError:
        raise InvalidHeaderError(f"{name} is missing") from None


def _uuid(values: Mapping[str, str], name: str) -> str:
    value = _value(values, name)
    if not is_uuid(value):
        raise InvalidHeaderError(f"{name} is not a UUID")
    return value


def _key(values: Mapping[str, str], name: str) -> str:
    value = _value(values, name)
    from_base64(value, InvalidHeaderError, size=KEY_BYTES)
    return value


def _kind(text: str) -> SignatureType:
    try:
        return SignatureType.read(text)
    except ProtocolError:
        raise InvalidHeaderError("pa_signature_type is unknown") from None


def _signature(text: str) -> str:
    if not DIGITS_CODE.fullmatch(text):
        size = len(from_base64(text, InvalidHeaderError))
        if size not in BASE64_CODE_SIZES:
            raise InvalidHeaderError("pa_signature has a wrong length")
    return text
