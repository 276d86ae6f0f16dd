"""Amounts, dates and free text as operation data and forms hold them."""

import re
import unicodedata
from datetime import date
from decimal import Decimal
from typing import Final

_MOST_DIGITS: Final = 28
# More digits would not fit a decimal context, and formatting would round them.
_DECIMAL = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,9})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
# Controls, halves of characters and line separators; and what reorders its neighbours, so
# that one account could be read as another.
_DISTURBING: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
_REORDERING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class MalformedOperationData(ValueError):  # noqa: N818 - it says what was given
    """The data string breaks its grammar, or its template lacks something."""


def read_decimal(text: str) -> Decimal:
    """Read a plain decimal number. Raises MalformedOperationData, also for too many digits."""
    if not _DECIMAL.fullmatch(text):
        raise MalformedOperationData("an amount is a plain decimal number")
    return Decimal(text)


def read_amount(text: str) -> tuple[Decimal, str]:
    """Read an amount with its currency, e.g. `100.5CZK`. Raises MalformedOperationData."""
    number, currency = text[:-3], text[-3:]
    if not is_currency(currency):
        raise MalformedOperationData("an amount ends with a currency of three capital letters")
    return read_decimal(number), currency


def read_date(text: str) -> date:
    """Read a date, `YYYYMMDD`. Raises MalformedOperationData."""
    try:
        if re.fullmatch(r"[0-9]{8}", text):
            return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        pass
    raise MalformedOperationData("a date is a day of the calendar, YYYYMMDD")


def is_currency(text: str) -> bool:
    """Tell whether this looks like an ISO 4217 code."""
    return _CURRENCY.fullmatch(text) is not None


def plain_amount(amount: Decimal) -> str:
    """Write an amount without exponent and without idle zeros, e.g. `100` or `100.5`."""
    if not amount.is_finite() or abs(amount.adjusted()) > _MOST_DIGITS:
        raise MalformedOperationData("an amount is a finite number of some digits")
    text = format(amount, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def disturbing(text: str) -> bool:
    """Tell whether the text holds characters that no page may show, line breaks apart."""
    return any(
        char in _REORDERING or (unicodedata.category(char) in _DISTURBING and char != "\n")
        for char in text
    )


def invisible(text: str) -> bool:
    """Tell whether the text holds characters that take no place on a page."""
    return any(unicodedata.category(char) == "Cf" for char in text)


def is_seen(text: str) -> bool:
    """Tell whether there is anything in the text that a page shows."""
    return any(char.isprintable() and not char.isspace() for char in text)


def normalise(text: str) -> str:
    """Clean free text: one kind of line break, one space between words, nothing invisible."""
    # Tabs and the like part words, so they become spaces before the other controls vanish.
    spaced = re.sub(r"[^\S\n]", " ", text.replace("\r\n", "\n"))
    visible = "".join(char for char in spaced if not disturbing(char))
    return re.sub(" +", " ", visible).strip()
