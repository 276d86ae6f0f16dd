"""Keeps secrets at rest: seals what must be read again, digests what must only be recognised.

Sealed form: `0x01 | key id (8 bytes) | nonce (12 bytes) | AES-256-GCM ciphertext and tag`. The
context (table, column and row) is authenticated, so that a sealed value cannot be moved.
"""

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = b"\x01"
KEY_ID_BYTES = 8
NONCE_BYTES = 12
HEADER_BYTES = len(VERSION) + KEY_ID_BYTES + NONCE_BYTES


class CannotOpenError(Exception):
    """The bytes were not sealed by this vault, for this context, or were changed."""


class Vault:
    """All keys of ours, derived from one root secret (HKDF-SHA256, one label a purpose)."""

    def __init__(self, root: bytes) -> None:
        self._root = root
        key = self.derive("vault.seal")
        self._aead = AESGCM(key)
        self._key_id = hashlib.sha256(b"key id" + key).digest()[:KEY_ID_BYTES]

    def derive(self, label: str) -> bytes:
        """Return the 32-byte key of one purpose."""
        return HKDF(SHA256(), 32, salt=b"webflow", info=label.encode()).derive(self._root)

    def seal(self, secret: bytes, *, context: str) -> bytes:
        """Encrypt `secret` for one place, e.g. context `outbox.payload:<id>`."""
        nonce = os.urandom(NONCE_BYTES)
        header = VERSION + self._key_id + nonce
        return header + self._aead.encrypt(nonce, secret, header + context.encode())

    def open(self, sealed: bytes, *, context: str) -> bytes:
        """Decrypt what `seal` made for the same context. Raises CannotOpenError."""
        header, body = sealed[:HEADER_BYTES], sealed[HEADER_BYTES:]
        known = header.startswith(VERSION + self._key_id)
        if len(header) < HEADER_BYTES or not known:
            raise CannotOpenError("unknown form or key")
        nonce = header[-NONCE_BYTES:]
        try:
            return self._aead.decrypt(nonce, body, header + context.encode())
        except InvalidTag:
            raise CannotOpenError("changed, or sealed for another place") from None

    def digest(self, text: str, *, purpose: str) -> str:
        """Return the keyed HMAC-SHA256 of `text` in hex, to recognise a secret again."""
        key = self.derive(f"digest.{purpose}")
        return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
