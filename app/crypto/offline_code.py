"""The digits that a phone without a network shows, and a person types."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from app.crypto.counter import HashCounter
from app.crypto.errors import InvalidSignatureError
from app.crypto.request_data import offline_signed_data
from app.crypto.signatures import COMPONENT_DIGITS, Codes, SignatureType, decimal_code

SEPARATORS = re.compile(r"[\s\-]")
GROUPS = 2


@dataclass(frozen=True)
class OfflineMatch:
    """Where in the counter's chain a code was found, and with which factors."""

    place: HashCounter
    kind: SignatureType


def code_from_digits(text: str, length: int = COMPONENT_DIGITS) -> str:
    """Return two groups of digits, however a person has typed them."""
    digits = SEPARATORS.sub("", text)
    if not (digits.isascii() and digits.isdigit() and len(digits) == GROUPS * length):
        raise InvalidSignatureError("not the digits of a code")
    return f"{digits[:length]}-{digits[length:]}"


def find(
    code: str,
    signed: Iterable[bytes],
    codes: Codes,
    *,
    allow_biometry: bool,
    length: int = COMPONENT_DIGITS,
) -> OfflineMatch | None:
    """Find the place and the factors of a code over any of the signed data; None if wrong."""
    kinds = [SignatureType.POSSESSION_KNOWLEDGE]
    if allow_biometry:
        kinds.append(SignatureType.POSSESSION_BIOMETRY)
    write = partial(decimal_code, length=length)
    for data in signed:
        for kind in kinds:
            place = codes.find(code, data, kind, write)
            if place is not None:
                return OfflineMatch(place, kind)
    return None


def signed_data(
    operation_id: str, operation_data: str, nonce: str, totps: Iterable[str] | None = None
) -> list[bytes]:
    """Return what a phone may have computed its digits from: one for each one-time password."""
    if totps is None:
        return [offline_signed_data(operation_id, operation_data, nonce)]
    return [offline_signed_data(operation_id, operation_data, nonce, totp) for totp in totps]
