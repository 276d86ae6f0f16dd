"""Texts that phones send, encrypted or not, before they go into a table."""

from collections.abc import Mapping

from app.crypto.errors import ProtocolError

SHORT = 256
"""Characters that a column holds."""


class InvalidTextError(ProtocolError):
    """Not a text, too long, or one that no database holds."""


def text(fields: Mapping[str, object], name: str, *, most: int = SHORT) -> str | None:
    """Return the text with this name; None if there is none. Raises InvalidTextError."""
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > most:
        raise InvalidTextError(f"{name} is not a text, or too long")
    if "\x00" in value or any("\ud800" <= char <= "\udfff" for char in value):
        raise InvalidTextError(f"{name} has NUL or half a character")
    return value


def needed(fields: Mapping[str, object], name: str, *, most: int = SHORT) -> str:
    """Return the text with this name, which must be there and say something."""
    value = text(fields, name, most=most)
    if not value or not value.strip():
        raise InvalidTextError(f"{name} is missing")
    return value


def part(fields: Mapping[str, object], name: str) -> Mapping[str, object]:
    """Return the object with this name, which must be there."""
    value = fields.get(name)
    if not isinstance(value, Mapping):
        raise InvalidTextError(f"{name} is not an object")
    return value
