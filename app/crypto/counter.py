"""The hash chain that makes every code of a phone a new one."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Self

from app.crypto.errors import InvalidKeyError
from app.crypto.primitives import KEY_BYTES, fold, kdf, kdf_internal, sha256

TRANSPORT_COUNTER_INDEX = 4000
LOOK_AHEAD = 20
"""How many steps of the chain are tried by default; a phone may have made codes that never came."""
MOST_LOOK_AHEAD = 64
"""More than this no phone accepts."""


@dataclass(frozen=True)
class HashCounter:
    """One place in the chain: its number and its 16 bytes. It never goes back."""

    number: int
    data: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.data) != KEY_BYTES:
            raise InvalidKeyError("not the length of counter data")

    def next(self) -> Self:
        """Return the place after this one."""
        return type(self)(self.number + 1, fold(sha256(self.data)))

    def window(self, look_ahead: int = LOOK_AHEAD) -> Iterator[Self]:
        """Yield this place and those after it, `look_ahead` in all."""
        if not 1 <= look_ahead <= MOST_LOOK_AHEAD:
            raise ValueError(f"a look-ahead is 1 to {MOST_LOOK_AHEAD}")
        place = self
        for _ in range(look_ahead):
            yield place
            place = place.next()

    @property
    def byte(self) -> int:
        """The low byte of the number, as the status blob tells it."""
        return self.number & 0xFF

    def hashed(self, transport: bytes) -> bytes:
        """Return what the status blob tells instead of the counter data."""
        return kdf_internal(kdf(transport, TRANSPORT_COUNTER_INDEX), self.data)
