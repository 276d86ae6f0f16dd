"""What both sides agree on when a phone is registered, and what we tell it afterwards."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from app.crypto.counter import LOOK_AHEAD, HashCounter
from app.crypto.encoding import decimal
from app.crypto.errors import InvalidChallengeError
from app.crypto.keys import ActivationKeys, PublicKey
from app.crypto.primitives import (
    KEY_BYTES,
    ZERO_IV,
    encrypt,
    encrypt_blocks,
    kdf,
    kdf_internal,
    sha256,
)

FINGERPRINT_DIGITS = 8
TRANSPORT_IV_INDEX = 3000
MAGIC = bytes.fromhex("dec0ded1")
PROTOCOL = 3
"""What a registration has, and all that we offer to upgrade to."""
RESERVED_BYTES = 5
STATUS_BYTES = 32


def fingerprint(device: PublicKey, activation_id: str, server: PublicKey) -> str:
    """Return the eight digits that the phone and we both show."""
    return decimal(sha256(device.x + activation_id.encode() + server.x), FINGERPRINT_DIGITS)


def encrypted_vault_key(keys: ActivationKeys) -> bytes:
    """Return the key of the phone's own vault as the phone gets it, 32 bytes."""
    return encrypt(keys.transport, ZERO_IV, keys.vault)


class State(IntEnum):
    """The state of a registration as the blob tells it."""

    CREATED = 1
    PENDING_COMMIT = 2
    ACTIVE = 3
    BLOCKED = 4
    REMOVED = 5


@dataclass(frozen=True)
class Status:
    """What a phone may know about its registration."""

    state: State
    counter: HashCounter
    failed_attempts: int
    max_failed_attempts: int
    look_ahead: int = LOOK_AHEAD
    current_version: int = PROTOCOL
    upgrade_version: int = PROTOCOL

    def blob(
        self,
        transport: bytes,
        challenge: bytes,
        nonce: bytes,
        *,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> bytes:
        """Return the encrypted 32 bytes that answer a phone's challenge."""
        plain = self._plain(
            random(RESERVED_BYTES),
            self.counter.byte,
            self.look_ahead,
            self.counter.hashed(transport),
        )
        return encrypt_blocks(transport, status_iv(transport, challenge, nonce), plain)

    def blob_without_challenge(
        self, transport: bytes, *, random: Callable[[int], bytes] = secrets.token_bytes
    ) -> bytes:
        """Return the blob for a phone of version 3.0: nothing about the counter, much chance."""
        hidden, look_ahead = random(1), random(1)
        plain = self._plain(random(RESERVED_BYTES), hidden[0], look_ahead[0], random(16))
        return encrypt_blocks(transport, ZERO_IV, plain)

    def _plain(
        self, reserved: bytes, counter_byte: int, look_ahead: int, counter_hash: bytes
    ) -> bytes:
        return (
            MAGIC
            + bytes([self.state, self.current_version, self.upgrade_version])
            + reserved
            + bytes([counter_byte, self.failed_attempts, self.max_failed_attempts, look_ahead])
            + counter_hash
        )


def unknown_status(*, random: Callable[[int], bytes] = secrets.token_bytes) -> bytes:
    """Return what answers for a registration that is not there: nobody can tell."""
    return random(STATUS_BYTES)


def status_iv(transport: bytes, challenge: bytes, nonce: bytes) -> bytes:
    """Derive the initialisation vector of a blob from what both sides chose."""
    if (len(challenge), len(nonce)) != (KEY_BYTES, KEY_BYTES):
        raise InvalidChallengeError("challenge and nonce have 16 bytes")
    return kdf_internal(kdf(transport, TRANSPORT_IV_INDEX), challenge + nonce)
