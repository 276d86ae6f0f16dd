"""CBOR as authenticators may write it (CTAP2, 8): its bounds, and nothing that its readers expand.

Tags are what a general reader builds objects from: by those of shared values a few hundred bytes
stand for gigabytes. Authenticators must not write any.
"""

from typing import Final

from app.crypto.errors import ProtocolError

LONGER: Final = {24: 1, 25: 2, 26: 4, 27: 8}
"""What the lower bits of a first byte say → how many bytes of a number follow."""


class NotPlainError(ProtocolError):
    """An item with a tag in it, or one that does not say or does not have its length."""


def end_of_item(data: bytes, start: int = 0) -> int:
    """Return where the item that begins at a place ends. Raises NotPlainError."""
    place, left = start, 1
    while left:
        kind, number, place = _head(data, place)
        left -= 1
        match kind:
            case 2 | 3:  # bytes, text
                place += number
            case 4:  # a list
                left += number
            case 5:  # a map
                left += 2 * number
            case 6:
                raise NotPlainError("a tag")
            case _:  # a number, or a simple value: its head is all of it
                pass
    if place > len(data):
        raise NotPlainError("an item is cut off")
    return place


def _head(data: bytes, place: int) -> tuple[int, int, int]:
    """Return the kind of an item, its number or length, and where it goes on."""
    if place >= len(data):
        raise NotPlainError("an item is cut off")
    kind, low = divmod(data[place], 32)
    place += 1
    if low < min(LONGER):
        return kind, low, place
    if low not in LONGER:
        raise NotPlainError("an item without its length")
    end = place + LONGER[low]
    return kind, int.from_bytes(data[place:end]), end
