"""What is common to messages of the Cloud API: short texts, times, pages of a list."""

import re
from datetime import UTC, datetime
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field, PlainSerializer, WithJsonSchema

from app.api.kit import Schema

LATEST = 253370764800000
"""The year 9999 begins: later times cannot be told in every time zone."""

Text = Annotated[str, Field(max_length=256)]
"""What a column holds."""

RegistrationStatus: TypeAlias = Literal["CREATED", "PENDING_COMMIT", "ACTIVE", "BLOCKED", "REMOVED"]
Name = Annotated[str, Field(min_length=1, max_length=256)]
Flags = Annotated[list[Name], Field(max_length=64)]
Later = Annotated[int, Field(ge=0, le=LATEST)]
"""A moment that a caller names, in milliseconds since 1970."""

Moment = Annotated[
    datetime,
    PlainSerializer(lambda at: int(at.timestamp() * 1000), return_type=int),
    WithJsonSchema({"type": "integer", "description": "Milliseconds since 1970"}),
]
"""A moment that we tell, in milliseconds since 1970."""


def matching(pattern: str, hint: str) -> AfterValidator:
    """Return a check of texts; `hint` says what one must be that is not so."""

    def check(value: str) -> str:
        if re.fullmatch(pattern, value) is None:
            raise ValueError(hint)
        return value

    return AfterValidator(check)


PathName = Annotated[
    Name, matching(r"[A-Za-z0-9][A-Za-z0-9._-]*", "must be letters and digits, inside also . _ -")
]
"""What stands in a path."""


class Nothing(Schema):
    """A body of which nothing is needed."""


class Paging(Schema):
    """Which part of a list."""

    page: int = Field(default=0, ge=0, le=1_000_000)
    size: int = Field(default=100, ge=1, le=500)

    @property
    def offset(self) -> int:
        """Number of entries before this page."""
        return self.page * self.size


def moment_of(milliseconds: int | None) -> datetime | None:
    """Return the moment that a caller has named."""
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)
