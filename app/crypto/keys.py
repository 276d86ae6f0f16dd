"""Keys: points and private keys of P-256, and the symmetric keys that a registration shares."""

from dataclasses import dataclass, field
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.crypto.errors import InvalidKeyError
from app.crypto.primitives import KEY_BYTES, fold, kdf

CURVE = ec.SECP256R1()
COORDINATE_BYTES = 32
COMPRESSED_BYTES = 1 + COORDINATE_BYTES
UNCOMPRESSED_BYTES = 1 + 2 * COORDINATE_BYTES
PRIVATE_BYTES = range(31, 34)
"""Java writes a number: it may have a leading zero byte, or one fewer."""


class PublicKey:
    """A point of P-256. `raw` is kept as received, because derivations depend on its form."""

    __slots__ = ("_key", "raw")

    def __init__(self, raw: bytes) -> None:
        if len(raw) not in {COMPRESSED_BYTES, UNCOMPRESSED_BYTES}:
            raise InvalidKeyError("not the length of a point")
        try:
            self._key = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, raw)
        except ValueError:
            raise InvalidKeyError("not a point of P-256") from None
        self.raw = raw

    @property
    def compressed(self) -> bytes:
        """33 bytes, as phones write them."""
        return self._key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)

    @property
    def uncompressed(self) -> bytes:
        """65 bytes, as we write them."""
        return self._key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @property
    def x(self) -> bytes:
        """The affine x as a number without leading zero bytes."""
        return self.compressed[1:].lstrip(b"\x00")

    def verifies(self, signature: bytes, data: bytes) -> bool:
        """Tell whether `signature` (DER, ECDSA with SHA-256) is of this key over `data`."""
        try:
            self._key.verify(signature, data, ec.ECDSA(SHA256()))
        except InvalidSignature:
            return False
        return True

    def __repr__(self) -> str:
        return "PublicKey(•••)"


class PrivateKey:
    """A private key of P-256. It has no readable form."""

    __slots__ = ("_key",)

    def __init__(self, raw: bytes) -> None:
        if len(raw) not in PRIVATE_BYTES:
            raise InvalidKeyError("not the length of a private key")
        try:
            self._key = ec.derive_private_key(int.from_bytes(raw), CURVE)
        except ValueError:
            raise InvalidKeyError("not a private key of P-256") from None

    @classmethod
    def generate(cls) -> Self:
        """Make a new one."""
        key = ec.generate_private_key(CURVE)
        return cls(key.private_numbers().private_value.to_bytes(COORDINATE_BYTES))

    @property
    def raw(self) -> bytes:
        """32 bytes, to be sealed by the vault."""
        return self._key.private_numbers().private_value.to_bytes(COORDINATE_BYTES)

    @property
    def public(self) -> PublicKey:
        """Its point."""
        point = self._key.public_key()
        return PublicKey(point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))

    def exchange(self, other: PublicKey) -> bytes:
        """Return the 32-byte x of the Diffie-Hellman point."""
        return self._key.exchange(ec.ECDH(), other._key)  # noqa: SLF001 - of this module

    def sign(self, data: bytes) -> bytes:
        """Sign by ECDSA with SHA-256; the signature is DER."""
        return self._key.sign(data, ec.ECDSA(SHA256()))

    def sign_raw(self, data: bytes) -> bytes:
        """Sign by ECDSA with SHA-256; the signature is r and s, 32 bytes each, as in JWT."""
        r, s = decode_dss_signature(self.sign(data))
        return r.to_bytes(COORDINATE_BYTES) + s.to_bytes(COORDINATE_BYTES)

    def __repr__(self) -> str:
        return "PrivateKey(•••)"


@dataclass(frozen=True)
class ActivationKeys:
    """The 16-byte keys that one registered phone and we share."""

    possession: bytes = field(repr=False)
    knowledge: bytes = field(repr=False)
    biometry: bytes = field(repr=False)
    transport: bytes = field(repr=False)
    vault: bytes = field(repr=False)
    """What the phone encrypts its own secrets with; it asks us for it."""

    @classmethod
    def agree(cls, ours: PrivateKey, theirs: PublicKey) -> Self:
        """Derive the keys from one side's private and the other side's public key."""
        return cls.derive(fold(ours.exchange(theirs)))

    @classmethod
    def derive(cls, master: bytes) -> Self:
        """Derive the keys from the 16-byte master secret."""
        if len(master) != KEY_BYTES:
            raise InvalidKeyError("not the length of a master secret")
        return cls(
            possession=kdf(master, 1),
            knowledge=kdf(master, 2),
            biometry=kdf(master, 3),
            transport=kdf(master, 1000),
            vault=kdf(master, 2000),
        )
