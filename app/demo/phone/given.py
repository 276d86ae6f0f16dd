"""What a portal tells, part by part: what is missing or of another kind is empty."""

import re
from collections.abc import Mapping
from datetime import datetime

CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
"""Characters that would move the cursor of a terminal, but for the end of a line."""

Given = Mapping[str, object]


def moment_of(given: object) -> datetime | None:
    """Read a time such as `2018-07-02T14:43:13+0000`."""
    try:
        moment = datetime.fromisoformat(given) if isinstance(given, str) else None
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None


def text_of(given: Given, *names: str) -> str:
    """Return the first of these that is there, as a text without control characters."""
    for name in names:
        value = given.get(name)
        if isinstance(value, str | int | float) and not isinstance(value, bool) and value != "":
            return CONTROL.sub(" ", str(value))
    return ""


def object_of(given: object) -> Given:
    """Return an object."""
    return given if isinstance(given, dict) else {}


def list_of(given: object) -> list[object]:
    """Return a list."""
    return given if isinstance(given, list) else []
