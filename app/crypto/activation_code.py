"""Activation codes: ten random bytes and a checksum, as a person reads them from a letter."""

import base64
import re
import secrets

from app.crypto.encoding import to_base64
from app.crypto.errors import InvalidActivationCodeError
from app.crypto.keys import PrivateKey

RANDOM_BYTES = 10
GROUP = 5
CODE = re.compile(r"[A-Z2-7]{5}(-[A-Z2-7]{5}){3}")
POLYNOMIAL = 0xA001
"""CRC-16/ARC, reflected."""


def new_code() -> str:
    """Make a code that nobody can guess."""
    return code_of(secrets.token_bytes(RANDOM_BYTES))


def code_of(random: bytes) -> str:
    """Write ten bytes as a code: `XXXXX-XXXXX-XXXXX-XXXXX`."""
    if len(random) != RANDOM_BYTES:
        raise InvalidActivationCodeError("not the length of a code")
    text = base64.b32encode(random + checksum(random).to_bytes(2)).decode("ascii").rstrip("=")
    return "-".join(text[start : start + GROUP] for start in range(0, len(text), GROUP))


def check(code: str) -> str:
    """Return the code if its form and its checksum are right."""
    if not CODE.fullmatch(code):
        raise InvalidActivationCodeError("not the form of a code")
    data = base64.b32decode(code.replace("-", "") + "====")
    if code_of(data[:RANDOM_BYTES]) != code:  # also refuses stray bits in the last letter
        raise InvalidActivationCodeError("wrong checksum")
    return code


def sign(code: str, master: PrivateKey) -> str:
    """Return the application's signature of a code, in Base64."""
    return to_base64(master.sign(check(code).encode("ascii")))


def qr_text(code: str, signature: str) -> str:
    """Return what the QR code shows to a phone."""
    return f"{code}#{signature}"


def checksum(data: bytes) -> int:
    """Return CRC-16/ARC."""
    register = 0
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (POLYNOMIAL if register & 1 else 0)
    return register
