"""Encrypted requests as phones send them: read, opened, answered."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from app.crypto.ecies import Envelope, Purpose, Scope, shared_info_2
from app.crypto.encoding import from_base64, to_base64
from app.crypto.errors import CannotDecryptError, InvalidKeyError
from app.crypto.headers import is_uuid
from app.crypto.keys import PrivateKey, PublicKey
from app.crypto.primitives import KEY_BYTES
from app.crypto.versions import Version

MAC_BYTES = 32
TIMESTAMPS = range(10**15)
"""Until the year 33658: of more no span of time can be made."""


@dataclass(frozen=True)
class EncryptedRequest:
    """The fields of a request, each there exactly if the version has it."""

    version: Version
    ephemeral: PublicKey
    data: bytes = field(repr=False)
    mac: bytes = field(repr=False)
    nonce: bytes | None
    timestamp: int | None
    """Milliseconds since 1970; whether that is now is the caller's question."""
    temporary_key_id: str | None

    @classmethod
    def read(cls, fields: Mapping[str, object], version: Version) -> Self:
        """Read the JSON object of a request; what is unknown is ignored."""
        return cls(
            version=version,
            ephemeral=_point(_bytes(fields, "ephemeralPublicKey")),
            data=_bytes(fields, "encryptedData"),
            mac=_bytes(fields, "mac", MAC_BYTES),
            nonce=_bytes(fields, "nonce", KEY_BYTES) if _has(fields, version, "nonce") else None,
            timestamp=_timestamp(fields) if _has(fields, version, "timestamp") else None,
            temporary_key_id=(_key_id(fields) if _has(fields, version, "temporaryKeyId") else None),
        )

    def unique_value(self, identifier: str = "") -> str:
        """Return what no second request of the same sender may repeat."""
        return to_base64(self.ephemeral.raw + (self.nonce or b"") + identifier.encode())

    def open(self, private: PrivateKey, purpose: Purpose, scope: Scope) -> "OpenedRequest":
        """Decrypt with the private key that it was encrypted for. Raises CannotDecryptError."""
        if purpose.is_of_application != scope.is_of_application:
            raise ValueError(f"{purpose} needs another scope")
        info_1 = purpose.shared_info_1(self.version)
        envelope = Envelope.derive(private, self.ephemeral, info_1)
        info_2 = self.shared_info_2(scope, self.nonce, self.timestamp, self.ephemeral.raw)
        plain = envelope.open(self.data, self.mac, self.nonce, info_2)
        return OpenedRequest(self, scope, envelope, plain)

    def shared_info_2(
        self, scope: Scope, nonce: bytes | None, timestamp: int | None, ephemeral: bytes | None
    ) -> bytes:
        """Return what the MAC of this request, or of its answer, covers."""
        base = scope.shared_info_2()
        if not self.version.has_context:
            return base
        if nonce is None or timestamp is None:
            raise CannotDecryptError("without nonce and time there is nothing to bind to")
        associated = scope.associated_data(self.version, self.temporary_key_id)
        return shared_info_2(
            base, associated, nonce=nonce, timestamp=timestamp, ephemeral=ephemeral
        )


@dataclass(frozen=True)
class OpenedRequest:
    """A request that was opened; it can be answered once."""

    request: EncryptedRequest
    scope: Scope
    envelope: Envelope
    plain: bytes = field(repr=False)

    def answer(
        self, plain: bytes, *, timestamp: int, nonce: bytes | None = None
    ) -> dict[str, object]:
        """Return the JSON object of the answer; `nonce` is random unless a test fixes it."""
        version = self.request.version
        own = (nonce or secrets.token_bytes(KEY_BYTES)) if version.has_timestamp else None
        info_2 = self.request.shared_info_2(self.scope, own, timestamp, None)
        # Before 3.2 the answer goes on with the nonce of the request, and does not repeat it.
        data, mac = self.envelope.seal(plain, own or self.request.nonce, info_2)
        fields: dict[str, object] = {"encryptedData": to_base64(data), "mac": to_base64(mac)}
        if own is not None:
            fields |= {"nonce": to_base64(own), "timestamp": timestamp}
        return fields


def _has(fields: Mapping[str, object], version: Version, name: str) -> bool:
    """Tell whether a field must be there; refuse it where the version does not know it."""
    wanted = {
        "nonce": version.has_nonce,
        "timestamp": version.has_timestamp,
        "temporaryKeyId": version.has_temporary_key,
    }[name]
    if not wanted and fields.get(name) is not None:
        raise CannotDecryptError(f"{name} is not of version {version.name}")
    return wanted


def _bytes(fields: Mapping[str, object], name: str, size: int | None = None) -> bytes:
    value = fields.get(name)
    if not isinstance(value, str):
        raise CannotDecryptError(f"{name} is missing")
    return from_base64(value, CannotDecryptError, size=size)


def _point(raw: bytes) -> PublicKey:
    try:
        return PublicKey(raw)
    except InvalidKeyError:
        raise CannotDecryptError("ephemeralPublicKey is not a point") from None


def _timestamp(fields: Mapping[str, object]) -> int:
    value = fields.get("timestamp")
    if not isinstance(value, int) or isinstance(value, bool) or value not in TIMESTAMPS:
        raise CannotDecryptError("timestamp is not a time")
    return value


def _key_id(fields: Mapping[str, object]) -> str:
    value = fields.get("temporaryKeyId")
    if not isinstance(value, str) or not is_uuid(value):
        raise CannotDecryptError("temporaryKeyId is not a UUID")
    return value
