"""End-to-end encryption: a phone's request is opened, and its one answer sealed, by an envelope.

The words are those of the published description: shared info 1 says what a request is for, shared
info 2 binds it to everything around it, associated data name whom it is between.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Self

from app.crypto.encoding import same, sized
from app.crypto.errors import CannotDecryptError
from app.crypto.keys import PrivateKey, PublicKey
from app.crypto.primitives import (
    KEY_BYTES,
    ZERO_IV,
    decrypt,
    encrypt,
    hmac_sha256,
    kdf_internal,
    kdf_x963,
    sha256,
)
from app.crypto.versions import Version

ENVELOPE_BYTES = 3 * KEY_BYTES


class Purpose(Enum):
    """What a request is for; one that was encrypted for one purpose opens for no other."""

    APPLICATION = "/pa/generic/application"
    ACTIVATION_LAYER_2 = "/pa/activation"
    ACTIVATION = "/pa/generic/activation"
    CREATE_TOKEN = "/pa/token/create"  # noqa: S105 - an address
    VAULT_UNLOCK = "/pa/vault/unlock"
    UPGRADE = "/pa/upgrade"
    RECOVERY = "/pa/recovery/confirm"

    @property
    def is_of_application(self) -> bool:
        """Whether no registration is needed."""
        return self in {Purpose.APPLICATION, Purpose.ACTIVATION_LAYER_2}

    def shared_info_1(self, version: Version) -> bytes:
        """Return what goes into the derivation of the envelope."""
        prefix = version.name if version.has_context else ""
        return (prefix + self.value).encode("ascii")


@dataclass(frozen=True)
class Scope:
    """Between whom: an app and us, or one registration and us."""

    application_key: str
    """Base64 text, here and below: the texts themselves go into the digests."""
    application_secret: str = field(repr=False)
    activation_id: str | None = None
    """Exactly as the phone writes it."""
    transport: bytes | None = field(default=None, repr=False)
    """The transport key of the registration."""

    def __post_init__(self) -> None:
        if (self.activation_id is None) != (self.transport is None):
            raise ValueError("a registration has an id and a key, or there is none")

    @property
    def is_of_application(self) -> bool:
        """Whether this is not about one registration."""
        return self.activation_id is None

    def shared_info_2(self) -> bytes:
        """Return the part of shared info 2 that needs a secret."""
        secret = self.application_secret.encode("ascii")
        return sha256(secret) if self.transport is None else hmac_sha256(self.transport, secret)

    def associated_data(self, version: Version, temporary_key_id: str | None) -> bytes:
        """Return whom and what a request is bound to; empty in old versions."""
        if not version.has_context:
            return b""
        names = (version.name, self.application_key, self.activation_id, temporary_key_id)
        return sized(*(name.encode() for name in names if name is not None))


@dataclass(frozen=True)
class Envelope:
    """The three keys of one request and its answer."""

    encryption: bytes = field(repr=False)
    mac: bytes = field(repr=False)
    iv: bytes = field(repr=False)

    @classmethod
    def of(cls, keys: bytes) -> Self:
        """Split 48 bytes."""
        if len(keys) != ENVELOPE_BYTES:
            raise CannotDecryptError("not the length of an envelope")
        return cls(keys[:KEY_BYTES], keys[KEY_BYTES : 2 * KEY_BYTES], keys[2 * KEY_BYTES :])

    @classmethod
    def derive(cls, private: PrivateKey, ephemeral: PublicKey, shared_info_1: bytes) -> Self:
        """Derive the envelope from our key and the phone's key for this one request."""
        info = shared_info_1 + ephemeral.raw
        return cls.of(kdf_x963(private.exchange(ephemeral), info, ENVELOPE_BYTES))

    def seal(self, plain: bytes, nonce: bytes | None, shared_info_2: bytes) -> tuple[bytes, bytes]:
        """Return the encrypted bytes and their MAC."""
        data = encrypt(self.encryption, self._iv_of(nonce), plain)
        return data, hmac_sha256(self.mac, data + shared_info_2)

    def open(self, data: bytes, mac: bytes, nonce: bytes | None, shared_info_2: bytes) -> bytes:
        """Decrypt, after the MAC was found right."""
        if not same(hmac_sha256(self.mac, data + shared_info_2), mac):
            raise CannotDecryptError("changed, or meant for something else")
        try:
            return decrypt(self.encryption, self._iv_of(nonce), data)
        except ValueError:
            raise CannotDecryptError("not whole blocks with their padding") from None

    def _iv_of(self, nonce: bytes | None) -> bytes:
        return ZERO_IV if nonce is None else kdf_internal(self.iv, nonce)


def shared_info_2(
    base: bytes,
    associated_data: bytes,
    *,
    nonce: bytes,
    timestamp: int,
    ephemeral: bytes | None,
) -> bytes:
    """Return what a MAC covers beside the encrypted bytes, since 3.2.

    An answer has no ephemeral key; its empty place is still counted.
    """
    return sized(base, nonce, timestamp.to_bytes(8), ephemeral, associated_data)
