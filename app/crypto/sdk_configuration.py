"""The one string that an app's developer builds into the app: its keys, and ours."""

from app.crypto.encoding import from_base64, to_base64
from app.crypto.errors import InvalidKeyError
from app.crypto.keys import PublicKey
from app.crypto.primitives import KEY_BYTES

FORMAT = b"\x01"
MASTER_P256 = b"\x01"
"""The id of the only public key that protocol 3.x needs."""
ONE_BYTE, TWO_BYTES, FOUR_BYTES = 0x80, 0x4000, 0x4000_0000


def sdk_configuration(application_key: str, application_secret: str, master: PublicKey) -> str:
    """Return the configuration string, in Base64."""
    key = from_base64(application_key, InvalidKeyError, size=KEY_BYTES)
    secret = from_base64(application_secret, InvalidKeyError, size=KEY_BYTES)
    keys = count(1) + MASTER_P256 + _data(master.uncompressed)
    return to_base64(FORMAT + _data(key) + _data(secret) + keys)


def count(number: int) -> bytes:
    """Write a number in one, two or four bytes."""
    if 0 <= number < ONE_BYTE:
        return number.to_bytes(1)
    if ONE_BYTE <= number < TWO_BYTES:
        return (number | 0x8000).to_bytes(2)
    if TWO_BYTES <= number < FOUR_BYTES:
        return (number | 0xC000_0000).to_bytes(4)
    raise ValueError("not a count")


def _data(value: bytes) -> bytes:
    return count(len(value)) + value
