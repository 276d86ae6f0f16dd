"""Names that people give to phones and accounts."""

from collections.abc import Sequence
from itertools import count

from app.demo.phone.troubles import Trouble

LONGEST_NAME = 64


def tidy(name: str) -> str:
    """Return a name on one line. Raises Trouble."""
    name = " ".join(name.split())
    if not (name and name.isprintable() and len(name) <= LONGEST_NAME):
        raise Trouble(f"A name is one line of at most {LONGEST_NAME} characters.")
    return name


def is_same(one: str, other: str) -> bool:
    """Tell whether people would mix two names up."""
    return one.casefold() == other.casefold()


def numbered(name: str, taken: Sequence[str]) -> str:
    """Return a name that is not taken: itself, or with the first number that is free."""
    short = name[: LONGEST_NAME - 6].rstrip()
    names = (short if number == 1 else f"{short} ({number})" for number in count(1))
    return next(each for each in names if not any(is_same(each, other) for other in taken))
