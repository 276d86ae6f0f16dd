"""The only source of time, so that tests and the testers' clock can move it."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the present moment, aware and in UTC."""
    return datetime.now(UTC)
