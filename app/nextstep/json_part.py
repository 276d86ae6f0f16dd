"""Read JSON that somebody else wrote, value by value, and note everything that is wrong."""

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Final, TypeAlias, TypeVar
from urllib.parse import urlsplit

from app.nextstep.values import (
    MalformedOperationData,
    disturbing,
    is_currency,
    plain_amount,
    read_decimal,
)

MOST_ITEMS: Final = 64
"""Longest list, and most entries under free names."""

SHORT: Final = 256
"""Longest id, name or address, in characters."""

LONG: Final = 4000
"""Longest text for reading, in characters."""

Violations: TypeAlias = list[tuple[str, str]]

_Word = TypeVar("_Word", bound=StrEnum)
_Item = TypeVar("_Item")


class Part:
    """One JSON object; what is wrong in it is noted with its place and read as absent."""

    def __init__(self, raw: Mapping[str, object], violations: Violations, place: str = "") -> None:
        self._raw = raw
        self._violations = violations
        self._place = place

    def wrong(self, name: str, hint: str) -> None:
        """Note that a field is not what it must be."""
        self._violations.append((f"{self._place}{name}", hint))

    def text(self, name: str, *, longest: int = SHORT) -> str | None:
        """Read a text without control characters."""
        value = self._raw.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            self.wrong(name, "must be a text")
        elif len(value) > longest:
            self.wrong(name, f"must have at most {longest} characters")
        elif disturbing(re.sub(r"[\t\r]", " ", value)):
            self.wrong(name, "must not hold control characters")
        else:
            return value
        return None

    def required(self, name: str) -> str:
        """Read a text that must not be absent or empty."""
        if self._raw.get(name) in (None, ""):
            self.wrong(name, "must be given")
        return self.text(name) or ""

    def flag(self, name: str, *, default: bool) -> bool:
        """Read true or false."""
        value = self._raw.get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.wrong(name, "must be true or false")
        return value is True

    def word(self, name: str, words: type[_Word], default: _Word) -> _Word:
        """Read one of a few words."""
        value = self._raw.get(name)
        if value is None:
            return default
        for word in words:
            if value == word:
                return word
        self.wrong(name, f"must be one of {', '.join(words)}")
        return default

    def number(self, name: str) -> Decimal | None:
        """Read a decimal number, given as a number or as a text."""
        value = self._raw.get(name)
        if value is None:
            return None
        try:
            if isinstance(value, str):
                return read_decimal(value)
            if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
                # A JSON number may come as 1E+2, which says nothing else than 100.
                exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
                return read_decimal(plain_amount(exact))
        except MalformedOperationData:
            pass
        self.wrong(
            name, "must be a decimal number with at most 18 digits before the point, 9 after"
        )
        return None

    def currency(self, name: str) -> str | None:
        """Read an ISO 4217 code."""
        value = self.text(name)
        if value is not None and not is_currency(value):
            self.wrong(name, "must be a currency of three capital letters")
        return value

    def address(self, name: str) -> str | None:
        """Read the address of a web page or a picture."""
        value = self.text(name)
        if value is not None and not is_web_address(value):
            self.wrong(name, "must be an http or https address")
        return value

    def picture(self, name: str) -> str | None:
        """Read the address of a picture that is fetched without anybody asking for it."""
        value = self.text(name)
        if value is not None and not is_web_address(value, "https"):
            self.wrong(name, "must be an https address")
        return value

    def part(self, name: str) -> "Part | None":
        """Read an object in this one."""
        value = self._raw.get(name)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            self.wrong(name, "must be an object")
            return None
        return self._inner(value, name)

    def each(
        self, name: str, read: Callable[["Part"], _Item | None], *, most: int = MOST_ITEMS
    ) -> tuple[_Item, ...]:
        """Read a list of objects, leaving out what `read` makes nothing of."""
        return tuple(item for part in self._parts(name, most) if (item := read(part)) is not None)

    def texts(self, name: str) -> dict[str, str]:
        """Read an object of texts under free names."""
        part = self.part(name)
        return {} if part is None else part.entries()

    def entries(self) -> dict[str, str]:
        """Read this whole object as texts under free names."""
        if len(self._raw) > MOST_ITEMS:
            self.wrong("*", f"must be at most {MOST_ITEMS}")
            return {}
        if any(len(name) > SHORT or disturbing(name) for name in self._raw):
            self.wrong("*", f"must have names of at most {SHORT} plain characters")
            return {}
        return {name: value for name in self._raw if (value := self.text(name)) is not None}

    def _parts(self, name: str, most: int) -> "Iterator[Part]":
        value = self._raw.get(name)
        if value is None:
            return
        if not isinstance(value, list | tuple) or len(value) > most:
            self.wrong(name, f"must be a list of at most {most}")
            return
        for index, item in enumerate(value):
            if isinstance(item, Mapping):
                yield self._inner(item, f"{name}[{index}]")
            else:
                self.wrong(f"{name}[{index}]", "must be an object")

    def _inner(self, raw: Mapping[str, object], name: str) -> "Part":
        return Part(raw, self._violations, f"{self._place}{name}.")


def is_web_address(text: str, *schemes: str) -> bool:
    """Tell whether a text is an address that a browser may follow: http, https, or as said."""
    try:
        address = urlsplit(text)
    except ValueError:
        return False
    # A name before the host would let one address pass for another.
    fair = address.hostname and "@" not in address.netloc and not re.search(r"[\s\\]", text)
    return address.scheme in (schemes or ("http", "https")) and bool(fair)
