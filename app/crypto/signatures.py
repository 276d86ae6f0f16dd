"""The codes that a phone computes from its factors, the counter and a request."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from app.crypto.counter import LOOK_AHEAD, HashCounter
from app.crypto.encoding import decimal, same, to_base64
from app.crypto.errors import InvalidSignatureError
from app.crypto.keys import ActivationKeys
from app.crypto.primitives import hmac_sha256
from app.crypto.versions import Version

COMPONENT_BYTES = 16
COMPONENT_DIGITS = 8
COMPONENT_LENGTHS = range(4, 9)

Writer = Callable[[Iterable[bytes]], str]
"""How the components of a code become text."""


class SignatureType(StrEnum):
    """Which factors a phone has used; the order of the words is the order of the keys."""

    POSSESSION = "possession"
    KNOWLEDGE = "knowledge"
    BIOMETRY = "biometry"
    POSSESSION_KNOWLEDGE = "possession_knowledge"
    POSSESSION_BIOMETRY = "possession_biometry"
    POSSESSION_KNOWLEDGE_BIOMETRY = "possession_knowledge_biometry"

    @classmethod
    def read(cls, text: str) -> Self:
        """Return the type that a header names, in whatever case."""
        try:
            return cls(text.lower())
        except ValueError:
            raise InvalidSignatureError("not a type of signature") from None

    @property
    def factors(self) -> tuple[str, ...]:
        """The factors, in order."""
        return tuple(self.value.split("_"))

    def keys_of(self, keys: ActivationKeys) -> tuple[bytes, ...]:
        """Return the keys of the factors, in order."""
        known = {
            "possession": keys.possession,
            "knowledge": keys.knowledge,
            "biometry": keys.biometry,
        }
        return tuple(known[factor] for factor in self.factors)


def components(keys: Sequence[bytes], counter_data: bytes, data: bytes) -> Iterator[bytes]:
    """Yield one digest for each key.

    The chain of a component starts with its own key, not with the first one as the published
    prose says: the published vectors decide.
    """
    for position, key in enumerate(keys):
        derived = hmac_sha256(key, counter_data)
        for other in keys[1 : position + 1]:
            derived = hmac_sha256(hmac_sha256(other, counter_data), derived)
        yield hmac_sha256(derived, data)


def base64_code(parts: Iterable[bytes]) -> str:
    """Write components as the versions since 3.1 do online."""
    return to_base64(b"".join(part[-COMPONENT_BYTES:] for part in parts))


def decimal_code(parts: Iterable[bytes], length: int = COMPONENT_DIGITS) -> str:
    """Write components as groups of digits: offline, and online in 3.0."""
    if length not in COMPONENT_LENGTHS:
        raise InvalidSignatureError("a group has four to eight digits")
    return "-".join(decimal(part, length) for part in parts)


def writer_of(version: Version) -> Writer:
    """Return how a version writes online codes."""
    return decimal_code if version.signature_format == "DECIMAL" else base64_code


@dataclass(frozen=True)
class Codes:
    """What a registration's codes are judged by: its keys, and a window of its chain."""

    keys: ActivationKeys
    counter: HashCounter
    look_ahead: int = LOOK_AHEAD

    def find(
        self, code: str, data: bytes, kind: SignatureType, write: Writer
    ) -> HashCounter | None:
        """Return the place whose code over `data` this is; the next code is of the one after."""
        keys = kind.keys_of(self.keys)
        for place in self.counter.window(self.look_ahead):
            if same(write(components(keys, place.data, data)), code):
                return place
        return None
