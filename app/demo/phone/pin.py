"""The knowledge key, locked by a PIN so that a wrong PIN gives a wrong key, not an error."""

import hashlib

from app.demo.phone.primitives import NOTHING, decrypted_blocks, encrypted_blocks

ROUNDS = 10_000
SALT_SIZE = 16


def lock(key: bytes, pin: str, salt: bytes) -> bytes:
    """Lock 16 bytes."""
    return encrypted_blocks(_key(pin, salt), NOTHING, key)


def unlock(locked: bytes, pin: str, salt: bytes) -> bytes:
    """Unlock them; only the portal can tell whether the PIN was right."""
    return decrypted_blocks(_key(pin, salt), NOTHING, locked)


def _key(pin: str, salt: bytes) -> bytes:
    return hashlib.pbkdf2_hmac("sha1", pin.encode(), salt, ROUNDS, 16)
