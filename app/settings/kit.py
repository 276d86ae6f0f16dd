"""What the sections of the configuration are made of."""

import os
from collections.abc import Sequence
from typing import Annotated, Literal, get_args

from limits import parse_many
from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
)

PREFIX = "WEBFLOW_"

SHORTEST_SECRET = 32
"""Characters: 256 bits when they are random."""

LEAST_VARIETY = 10
"""Different characters that random ones have at least, but for one case in a million."""

Digits = Annotated[int, Field(ge=4, le=9)]
Attempts = Annotated[int, Field(ge=1, le=20)]
PushChannelName = Literal["demo", "providers", "off"]
Surface = Literal["portal", "live", "device", "cloud", "nextstep", "nevis"]
SURFACES: tuple[Surface, ...] = get_args(Surface)
HttpsUrl = Annotated[str, Field(pattern=r"^https://\S+$")]


def _readable_limit(value: str) -> str:
    try:
        parse_many(value or "1/minute")
    except ValueError:
        raise ValueError("not a rate, e.g. 120/minute") from None
    return value


def readable_file(value: str) -> str:
    """Return the path of a file that can be read, or nothing."""
    if value and not os.access(value, os.R_OK):
        raise ValueError("cannot be read")
    return value


RateLimit = Annotated[str, AfterValidator(_readable_limit)]


class UnsafeConfiguration(ValueError):  # noqa: N818 - the name that pydantic shows
    """The production profile does not start like this."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("unsafe in production: " + "; ".join(faults))
        self.faults = tuple(faults)


class Section(BaseModel, use_attribute_docstrings=True, frozen=True, extra="forbid"):
    """One concern of the configuration."""
