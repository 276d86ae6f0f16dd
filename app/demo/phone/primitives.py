"""Hashes, ciphers and points, combined as the published description says."""

import base64
import binascii
import hashlib
import hmac

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.demo.phone.refusals import PhoneRefused

PrivateKey = ec.EllipticCurvePrivateKey
PublicKey = ec.EllipticCurvePublicKey
P256 = ec.SECP256R1()
SHA256 = ec.ECDSA(hashes.SHA256())
HALF = 16
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Private keys of P-256 are smaller numbers."""
NOTHING = bytes(HALF)


def b64(data: bytes) -> str:
    """Write Base64."""
    return base64.b64encode(data).decode()


def unb64(text: object) -> bytes:
    """Read Base64."""
    if not isinstance(text, str):
        raise PhoneRefused("there is no Base64")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise PhoneRefused("not Base64") from None


def mac(key: bytes, message: bytes) -> bytes:
    """Return HMAC-SHA256."""
    return hmac.new(key, message, hashlib.sha256).digest()


def halve(digest: bytes) -> bytes:
    """Lay the second half of 32 bytes over the first (exclusive or)."""
    return (int.from_bytes(digest[:HALF]) ^ int.from_bytes(digest[HALF:])).to_bytes(HALF)


def derived(key: bytes, index: int) -> bytes:
    """Derive a key (KDF): the index as one AES block."""
    return _cbc(key, NOTHING).encryptor().update(bytes(8) + index.to_bytes(8))


def derived_from_bytes(key: bytes, index: bytes) -> bytes:
    """Derive a key (KDF_INTERNAL)."""
    return halve(mac(key, index))


def stretched(secret: bytes, info: bytes, size: int) -> bytes:
    """Derive keys by the KDF of ANSI X9.63 with SHA-256."""
    blocks = [
        hashlib.sha256(secret + number.to_bytes(4) + info).digest()
        for number in range(1, size // 32 + 2)
    ]
    return b"".join(blocks)[:size]


def digits(digest: bytes, length: int) -> str:
    """Return the decimal digits of a digest's end."""
    number = int.from_bytes(digest[-4:]) % 2**31  # the highest bit does not count
    return str(number % 10**length).rjust(length, "0")


def encrypted(key: bytes, iv: bytes, plain: bytes) -> bytes:
    """Encrypt by AES-128-CBC with PKCS#7."""
    padder = padding.PKCS7(128).padder()
    return _cbc(key, iv).encryptor().update(padder.update(plain) + padder.finalize())


def decrypted(key: bytes, iv: bytes, secret: bytes) -> bytes:
    """Decrypt what `encrypted` made."""
    unpadder = padding.PKCS7(128).unpadder()
    try:
        return unpadder.update(decrypted_blocks(key, iv, secret)) + unpadder.finalize()
    except ValueError:
        raise PhoneRefused("not whole blocks with their padding") from None


def decrypted_blocks(key: bytes, iv: bytes, secret: bytes) -> bytes:
    """Decrypt what `encrypted_blocks` made."""
    decryptor = _cbc(key, iv).decryptor()
    try:
        return decryptor.update(secret) + decryptor.finalize()
    except ValueError:
        raise PhoneRefused("not whole blocks") from None


def encrypted_blocks(key: bytes, iv: bytes, plain: bytes) -> bytes:
    """Encrypt by AES-128-CBC without padding."""
    return _cbc(key, iv).encryptor().update(plain)


def new_key() -> PrivateKey:
    """Make a key of P-256."""
    return ec.generate_private_key(P256)


def private_key(data: bytes) -> PrivateKey:
    """Read a private key: a number."""
    return ec.derive_private_key(int.from_bytes(data), P256)


def private_bytes(key: PrivateKey) -> bytes:
    """Write a private key."""
    return key.private_numbers().private_value.to_bytes(32)


def public_key(data: bytes) -> PublicKey:
    """Read a point in either form."""
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(P256, data)
    except ValueError:
        raise PhoneRefused("not a point") from None


def point(key: PrivateKey | PublicKey) -> bytes:
    """Write a point as phones do: 33 bytes."""
    public = key.public_key() if isinstance(key, PrivateKey) else key
    return public.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


def uncompressed(key: PrivateKey) -> bytes:
    """Write the public point with both coordinates: 65 bytes."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def agreed(ours: PrivateKey, theirs: PublicKey) -> bytes:
    """Return the 32 bytes that two sides agree on (Diffie-Hellman)."""
    return ours.exchange(ec.ECDH(), theirs)


def is_signed(key: PublicKey, signature: bytes, data: bytes) -> bool:
    """Tell whether a DER signature is of a key."""
    try:
        key.verify(signature, data, SHA256)
    except InvalidSignature:
        return False
    return True


def is_signed_as_jwt(key: PublicKey, signature: bytes, data: bytes) -> bool:
    """Tell whether a signature of two numbers in a row is of a key."""
    if len(signature) != 4 * HALF:
        return False
    numbers = (int.from_bytes(half) for half in (signature[:32], signature[32:]))
    return is_signed(key, utils.encode_dss_signature(*numbers), data)


def _cbc(key: bytes, iv: bytes) -> Cipher[modes.CBC]:
    return Cipher(algorithms.AES(key), modes.CBC(iv))
