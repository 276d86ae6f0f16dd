"""The few primitives of protocol 3.x, all of them from `cryptography` and the standard library."""

import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.padding import PKCS7

from app.crypto.errors import InvalidKeyError

KEY_BYTES = 16
"""The length of every symmetric key, nonce and challenge of protocol 3.x."""
BLOCK_BYTES = 16
BLOCK_BITS = 8 * BLOCK_BYTES
ZERO_IV = bytes(BLOCK_BYTES)


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    """Return HMAC-SHA256."""
    return hmac.digest(key, message, "sha256")


def sha256(message: bytes) -> bytes:
    """Return SHA-256."""
    return hashlib.sha256(message).digest()


def fold(digest: bytes) -> bytes:
    """Combine the two halves of 32 bytes into 16 by exclusive or."""
    return bytes(a ^ b for a, b in zip(digest[:KEY_BYTES], digest[KEY_BYTES:], strict=True))


def kdf(key: bytes, index: int) -> bytes:
    """Derive the key with a number: one AES block, the number in its low 8 bytes."""
    return encrypt_blocks(key, ZERO_IV, index.to_bytes(BLOCK_BYTES))


def kdf_internal(key: bytes, index: bytes) -> bytes:
    """Derive a key from bytes: folded HMAC-SHA256."""
    return fold(hmac_sha256(key, index))


def kdf_x963(secret: bytes, info: bytes, size: int) -> bytes:
    """Derive `size` bytes from a shared secret (ANSI X9.63 with SHA-256)."""
    return X963KDF(SHA256(), size, info).derive(secret)


def encrypt_blocks(key: bytes, iv: bytes, plain: bytes) -> bytes:
    """Encrypt whole blocks by AES-128-CBC without padding."""
    encryptor = _aes(key, iv).encryptor()
    return encryptor.update(plain) + encryptor.finalize()


def encrypt(key: bytes, iv: bytes, plain: bytes) -> bytes:
    """Encrypt any bytes by AES-128-CBC with PKCS#7 padding."""
    padder = PKCS7(BLOCK_BITS).padder()
    return encrypt_blocks(key, iv, padder.update(plain) + padder.finalize())


def decrypt(key: bytes, iv: bytes, secret: bytes) -> bytes:
    """Undo `encrypt`. Raises ValueError, so authenticate the bytes first."""
    decryptor = _aes(key, iv).decryptor()
    unpadder = PKCS7(BLOCK_BITS).unpadder()
    return unpadder.update(decryptor.update(secret) + decryptor.finalize()) + unpadder.finalize()


def _aes(key: bytes, iv: bytes) -> Cipher[CBC]:
    if len(key) != KEY_BYTES:  # AES knows longer keys, the protocol does not
        raise InvalidKeyError("not the length of a key")
    return Cipher(AES(key), CBC(iv))
