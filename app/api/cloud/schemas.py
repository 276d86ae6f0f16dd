"""What is common to messages of the Cloud API: short texts, times, pages of a list."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal, TypeAlias

from pydantic import (
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from pydantic_core.core_schema import no_info_after_validator_function

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


@dataclass(frozen=True)
class _Pattern:
    """A check of texts that the document tells, too."""

    pattern: str
    hint: str

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Check after everything else."""
        return no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Tell the pattern, too."""
        return {**handler(core), "pattern": f"^{self.pattern}$"}

    def _check(self, value: str) -> str:
        if re.fullmatch(self.pattern, value) is None:
            raise ValueError(self.hint)
        return value


def matching(pattern: str, hint: str) -> _Pattern:
    """Return a check of texts; `hint` says what one must be that is not so."""
    return _Pattern(pattern, hint)


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
