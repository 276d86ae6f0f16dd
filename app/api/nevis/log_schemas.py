"""Messages of the export of logs."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from app import clock
from app.api.kit import Schema
from app.upkeep.instance_log import LogQuery

USUAL = timedelta(days=30)
LONGEST = timedelta(days=3660)


def moment(text: object) -> datetime:
    """Read a moment, or the beginning of a day, in UTC if it names no zone."""
    try:
        read = datetime.fromisoformat(str(text))
        return read.replace(tzinfo=read.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("is no date and no moment of ISO 8601") from None


def end(text: object) -> datetime:
    """Read a moment, or the end of a day."""
    read = moment(text)
    last = timedelta(days=1, microseconds=-1)
    fits = read < datetime.max.replace(tzinfo=UTC) - last
    return read + last if _is_day(str(text)) and fits else read


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def duration(text: object) -> object:
    """Let through what is a duration of ISO 8601."""
    if not str(text).startswith("P"):
        raise ValueError("is no duration of ISO 8601")
    return text


class LogExportQuery(Schema):
    """Which lines: `timespan` back from now (30 days by default), or `fromDate` and `toDate`."""

    filter: Annotated[str, StringConstraints(min_length=2, max_length=256)] | None = None
    """What a line contains somewhere."""
    from_date: Annotated[datetime, BeforeValidator(moment)] | None = None
    to_date: Annotated[datetime, BeforeValidator(end)] | None = None
    timespan: (
        Annotated[timedelta, Field(gt=timedelta(0), le=LONGEST), BeforeValidator(duration)] | None
    ) = None
    status: Literal["succeeded", "failed"] | None = None
    category: Literal["registration", "authentication", "management", "none"] | None = None
    channel: Literal["app", "push", "fido2", "sms", "recovery", "unknown"] | None = None
    actor_type: Literal["api", "admin", "user", "app", "unknown"] | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.timespan is not None and {self.from_date, self.to_date} != {None}:
            raise ValueError("timespan, or fromDate and toDate")
        wanted = self.query()
        if wanted.since > wanted.until:
            raise ValueError("it ends before it begins")
        return self

    def query(self) -> LogQuery:
        """Return what is wanted."""
        until = self.to_date or clock.now()
        earliest = datetime.min.replace(tzinfo=UTC)
        back = min(self.timespan or USUAL, until - earliest)
        return LogQuery(
            since=self.from_date or until - back,
            until=until,
            containing=self.filter,
            status=self.status,
            category=self.category,
            channel=self.channel,
            actor_type=self.actor_type,
        )
