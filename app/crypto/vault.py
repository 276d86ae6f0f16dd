"""Keeps secrets at rest: seals what must be read again, digests what must only be recognised.

Sealed form: `0x01 | key id (8 bytes) | nonce (12 bytes) | AES-256-GCM ciphertext and tag`. The
context (table, column and row) is authenticated, so that a sealed value cannot be moved.

Values are sealed and digested with data keys, which are kept sealed by a key that follows from
the root secret; so the root can change without touching a value. A vault that has no store of
data keys takes the root's own.
"""

import hashlib
import hmac
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = b"\x01"
KEY_ID_BYTES = 8
NONCE_BYTES = 12
HEADER_BYTES = len(VERSION) + KEY_ID_BYTES + NONCE_BYTES
KEY_BYTES = 32

RELOAD_SECONDS = 30.0
"""How long a process may go on sealing with a key that another one has retired."""

Purpose = Literal["seal", "digest"]


class CannotOpenError(Exception):
    """The bytes were not sealed by this vault, for this context, or were changed."""


class NoDataKeyError(Exception):
    """There is no data key of this purpose yet: the database was not seeded."""


def derive(root: bytes, label: str) -> bytes:
    """Return the 32-byte key of one purpose (HKDF-SHA256)."""
    return HKDF(SHA256(), KEY_BYTES, salt=b"webflow", info=label.encode()).derive(root)


@dataclass(frozen=True)
class DataKey:
    """A data key as it is kept: sealed by the root's key, e.g. in a row."""

    kid: str
    """16 hexadecimal digits: what stands in the header of a sealed value."""
    purpose: Purpose
    sealed: bytes = field(repr=False)
    is_current: bool = True
    """The one of its purpose that is used for new values; the others only open old ones."""


class DataKeys(Protocol):
    """Where data keys are kept."""

    def read(self) -> Sequence[DataKey]:
        """Return every key that something may be sealed with."""


class _Sealer:
    """One AES-256-GCM key with its id. It has no readable form."""

    def __init__(self, key: bytes) -> None:
        self.id = hashlib.sha256(b"key id" + key).digest()[:KEY_ID_BYTES]
        self._aead = AESGCM(key)

    def seal(self, secret: bytes, context: str) -> bytes:
        header = VERSION + self.id + os.urandom(NONCE_BYTES)
        return header + self._aead.encrypt(header[-NONCE_BYTES:], secret, header + context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        header, body = sealed[:HEADER_BYTES], sealed[HEADER_BYTES:]
        try:
            return self._aead.decrypt(header[-NONCE_BYTES:], body, header + context.encode())
        except InvalidTag:
            raise CannotOpenError("changed, or sealed for another place") from None


class RootKeys:
    """The keys that seal data keys: the present root's, and those of roots before it."""

    def __init__(self, root: bytes, previous: Sequence[bytes] = ()) -> None:
        self._newest, *others = [_Sealer(derive(r, "vault.data_keys")) for r in (root, *previous)]
        self._all = {sealer.id: sealer for sealer in (*others, self._newest)}

    def make(self, purpose: Purpose) -> DataKey:
        """Return a new data key."""
        key = os.urandom(KEY_BYTES)
        kid = _Sealer(key).id.hex()
        return DataKey(kid, purpose, self._newest.seal(key, _place(kid, purpose)))

    def open(self, kept: DataKey) -> bytes:
        """Return the key itself. Raises CannotOpenError if no root that is known sealed it."""
        sealer = self._all.get(_key_id(kept.sealed))
        if sealer is None:
            raise CannotOpenError("sealed by another root secret")
        return sealer.open(kept.sealed, _place(kept.kid, kept.purpose))

    def is_newest(self, kept: DataKey) -> bool:
        """Tell whether the present root sealed it, so that it needs no other."""
        return _key_id(kept.sealed) == self._newest.id

    def rewrap(self, kept: DataKey) -> DataKey:
        """Return the same key, sealed by the present root."""
        place = _place(kept.kid, kept.purpose)
        sealed = self._newest.seal(self.open(kept), place)
        return DataKey(kept.kid, kept.purpose, sealed, kept.is_current)


class _Ring:
    """The data keys that a process has opened."""

    def __init__(self, sealers: Sequence[_Sealer], digest_root: bytes | None) -> None:
        self.sealers = {sealer.id: sealer for sealer in sealers}
        self.current = sealers[0] if sealers else None
        self._digest_root = digest_root
        self._digest_keys: dict[str, bytes] = {}

    def digest_key(self, purpose: str) -> bytes:
        if purpose not in self._digest_keys:
            if self._digest_root is None:
                raise NoDataKeyError("digest")
            self._digest_keys[purpose] = derive(self._digest_root, f"digest.{purpose}")
        return self._digest_keys[purpose]


class Vault:
    """Seals and digests with data keys; it reads new ones by itself, at most twice a minute."""

    def __init__(
        self, root: bytes, previous: Sequence[bytes] = (), keys: DataKeys | None = None
    ) -> None:
        self._root = root
        self._keys = keys
        self.roots = RootKeys(root, previous)
        """What seals the data keys themselves."""
        # What was sealed before there were data keys can still be opened, and is sealed anew.
        self._oldest = [_Sealer(derive(each, "vault.seal")) for each in (root, *previous)]
        self._ring = None if keys else _Ring(self._oldest, root)
        self._reload_at = float("inf")

    def derive(self, label: str) -> bytes:
        """Return the 32-byte key of one purpose that depends on the root alone."""
        return derive(self._root, label)

    def seal(self, secret: bytes, *, context: str) -> bytes:
        """Encrypt `secret` for one place, e.g. context `outbox.payload:<id>`."""
        current = self._present().current
        if current is None:
            raise NoDataKeyError("seal")
        return current.seal(secret, context)

    def open(self, sealed: bytes, *, context: str) -> bytes:
        """Decrypt what `seal` made for the same context. Raises CannotOpenError."""
        if not sealed.startswith(VERSION) or len(sealed) < HEADER_BYTES:
            raise CannotOpenError("unknown form")
        key_id = _key_id(sealed)
        sealer = self._present().sealers.get(key_id)
        if sealer is None and self._keys is not None:  # perhaps another process has a new key
            sealer = self.reload().sealers.get(key_id)
        if sealer is None:
            raise CannotOpenError("unknown key")
        return sealer.open(sealed, context)

    def digest(self, text: str, *, purpose: str) -> str:
        """Return the keyed HMAC-SHA256 of `text` in hex, to recognise a secret again."""
        key = self._present().digest_key(purpose)
        return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()

    def is_current(self, sealed: bytes) -> bool:
        """Tell whether a value is sealed with the key that new ones are sealed with."""
        current = self._present().current
        return current is not None and _key_id(sealed) == current.id

    def reload(self) -> _Ring:
        """Read the data keys now. Raises CannotOpenError when the root secret is not theirs."""
        if self._keys is None:
            return self._present()
        self._reload_at = time.monotonic() + RELOAD_SECONDS  # others go on with what there is
        sealers, digest_root = [], None
        for kept in sorted(self._keys.read(), key=lambda each: not each.is_current):
            key = self.roots.open(kept)
            if kept.purpose == "seal":
                sealers.append(_Sealer(key))
            elif kept.is_current:
                digest_root = key
        has_current = bool(sealers)
        ring = _Ring([*sealers, *self._oldest], digest_root)
        if not has_current:
            ring.current = None
        self._ring = ring
        return ring

    def _present(self) -> _Ring:
        if self._ring is None or time.monotonic() >= self._reload_at:
            return self.reload()
        return self._ring


def _key_id(sealed: bytes) -> bytes:
    return sealed[len(VERSION) : len(VERSION) + KEY_ID_BYTES]


def _place(kid: str, purpose: Purpose) -> str:
    return f"data_keys.sealed:{purpose}:{kid}"
