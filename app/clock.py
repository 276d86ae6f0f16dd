"""The only source of time, so that tests and the testers' clock can move it."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
_offset = timedelta(0)


def now() -> datetime:
    """Return the present moment, aware and in UTC."""
    return real() + _offset


def real() -> datetime:
    """Return the machine's own time, for whom testers' moves of ours mean nothing: providers."""
    return datetime.now(UTC)


def milliseconds(moment: datetime) -> int:
    """Return a moment as programs tell it: since 1970; a float would be 1 ms off after 2038."""
    return (moment - EPOCH) // MILLISECOND


def shift(offset: timedelta) -> None:
    """Move this process's clock ahead of the real one; testers do, in the demo profile only."""
    global _offset  # noqa: PLW0603 - there is one clock
    _offset = offset
