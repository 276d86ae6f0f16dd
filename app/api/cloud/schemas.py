"""What is common to messages of the Cloud API: short texts, times, pages of a list."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Literal, TypeAlias

from pydantic import (
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticUseDefault
from pydantic_core.core_schema import no_info_after_validator_function, nullable_schema

from app import clock
from app.api.kit import Schema
from app.naming import IN_PATHS
from app.nextstep.values import plain_amount

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
    PlainSerializer(clock.milliseconds, return_type=int),
    WithJsonSchema({"type": "integer", "description": "Milliseconds since 1970"}),
]
"""A moment that we tell, in milliseconds since 1970."""


def _written(value: timedelta) -> str:
    """Return a time as ISO 8601 has it; its years are of no certain length, so days are most."""
    days, rest = divmod(value, timedelta(days=1))
    hours, rest = divmod(rest, timedelta(hours=1))
    minutes, rest = divmod(rest, timedelta(minutes=1))
    seconds = plain_amount(Decimal(rest // timedelta(microseconds=1)) / 1_000_000)
    counts = {"H": str(hours), "M": str(minutes), "S": seconds}
    time = "".join(count + unit for unit, count in counts.items() if count != "0")
    date = f"{days}D" if days else ""
    return f"P{date}T{time}" if time else f"P{date or 'T0S'}"


Lasting = Annotated[
    timedelta,
    PlainSerializer(_written, return_type=str),
    WithJsonSchema({"type": "string", "format": "duration"}),
]
"""How long something takes, as it is told."""


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


class _Nullable:
    """Takes null as if nothing were said: the default of the field. The document tells it, too."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Check what is not null as before."""
        return no_info_after_validator_function(_said, nullable_schema(handler(source)))


def _said(value: object) -> object:
    if value is None:
        raise PydanticUseDefault
    return value


NULLABLE = _Nullable()
"""Lets programs write null for a field with a default."""

Switch = Annotated[bool, NULLABLE]
"""On or off; null: as if nothing were said."""

PathName = Annotated[Name, matching(*IN_PATHS)]
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
    return None if milliseconds is None else clock.EPOCH + milliseconds * clock.MILLISECOND
