"""Activation codes as a phone reads them: typed by a person, or scanned."""

import base64
import re
from dataclasses import dataclass

from app.demo.phone.primitives import is_signed, public_key, unb64
from app.demo.phone.refusals import PhoneRefused

FORM = re.compile(r"([A-Z2-7]{5}-){3}[A-Z2-7]{5}")
OFTEN_MISTAKEN = str.maketrans({"0": "O", "1": "I"})


@dataclass(frozen=True)
class ScannedCode:
    """A code, and the portal's signature of it if it came by a QR code."""

    code: str
    signature: str | None = None

    def check(self, master_public: str) -> None:
        """Refuse a code that somebody else has signed; a typed code is not signed at all."""
        if self.signature is not None and not is_signed(
            public_key(unb64(master_public)), unb64(self.signature), self.code.encode()
        ):
            raise PhoneRefused("not a code of this portal")


def scanned(text: str) -> ScannedCode:
    """Read what a QR code shows: the code, perhaps `#` and a signature."""
    code, mark, signature = text.partition("#")
    if not mark:
        return ScannedCode(checked(code))
    if not unb64(signature):
        raise PhoneRefused("no signature after the mark")
    return ScannedCode(checked(code), signature)


def typed(text: str) -> ScannedCode:
    """Read what a person has typed, with the help that a keyboard gives."""
    letters = text.upper().translate(OFTEN_MISTAKEN).replace("-", "").replace(" ", "")
    return ScannedCode(checked("-".join(re.findall(".{1,5}", letters))))


def checked(code: str) -> str:
    """Return the code if form and checksum are right."""
    if not FORM.fullmatch(code):
        raise PhoneRefused("not the form of a code")
    data = base64.b32decode(code.replace("-", "") + "====")
    if crc16(data[:10]) != int.from_bytes(data[10:]) or code[-1] not in "AQ":
        raise PhoneRefused("not the checksum of the code")
    return code


def crc16(data: bytes) -> int:
    """CRC-16/ARC, bit by bit."""
    crc = 0
    for bit in (byte >> place & 1 for byte in data for place in range(8)):
        carry = (crc ^ bit) & 1
        crc >>= 1
        if carry:
            crc ^= 0xA001
    return crc
