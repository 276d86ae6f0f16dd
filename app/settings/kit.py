"""What the sections of the configuration are made of."""

import os
import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, get_args

from limits import parse_many
from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    ValidationInfo,
    field_validator,
)

PREFIX = "WEBFLOW_"

SHORTEST_SECRET = 32
"""Characters: 256 bits when they are random."""

LEAST_VARIETY = 10
"""Different characters that random ones have at least, but for one case in a million."""

Lasting = Annotated[timedelta, Field(gt=timedelta(0))]
"""A duration without which nothing would work: zero is refused."""
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
    if value and not (Path(value).is_file() and os.access(value, os.R_OK)):
        raise ValueError("cannot be read")
    return value


def origin(value: str) -> str:
    """Return the address of a site without a trailing slash, or nothing."""
    value = value.rstrip("/")
    if value and re.fullmatch(r"https?://[A-Za-z0-9.\-\[\]:]+", value) is None:
        raise ValueError("begins with http:// or https:// and has no path")
    return value


Origin = Annotated[str, AfterValidator(origin)]
RateLimit = Annotated[str, AfterValidator(_readable_limit)]


class UnsafeConfiguration(ValueError):  # noqa: N818 - the name that pydantic shows
    """The production profile does not start like this."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("unsafe in production: " + "; ".join(faults))
        self.faults = tuple(faults)


class Section(BaseModel, use_attribute_docstrings=True, frozen=True, extra="forbid"):
    """One concern of the configuration."""

    @field_validator("*", mode="before")
    @classmethod
    def _seconds(cls, value: object, info: ValidationInfo) -> object:
        """Read a duration in seconds: a variable is text, and digits alone are no ISO 8601."""
        field = cls.model_fields[info.field_name or ""]
        is_number = isinstance(value, str) and re.fullmatch(r"[0-9]+(\.[0-9]+)?", value)
        return float(str(value)) if field.annotation is timedelta and is_number else value

    @field_validator("*")
    @classmethod
    def _not_negative(cls, value: object) -> object:
        durations = value if isinstance(value, tuple) else (value,)
        if any(isinstance(each, timedelta) and each < timedelta(0) for each in durations):
            raise ValueError("is negative")
        return value
