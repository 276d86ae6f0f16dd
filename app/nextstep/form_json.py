"""How the parts of forms are written in JSON."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TypeAlias

Json: TypeAlias = dict[str, object]


def given(values: Mapping[str, object]) -> Json:
    """Return the values that were given at all."""
    return {name: value for name, value in values.items() if value is not None}


def json_number(number: Decimal) -> int | float | str:
    """Return a number that JSON carries without loss; a text where it has too many digits."""
    if number == number.to_integral_value():
        return int(number)
    return float(number) if Decimal(repr(float(number))) == number else format(number, "f")
