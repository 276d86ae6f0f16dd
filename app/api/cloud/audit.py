"""Audit: what happened to the phones of a user."""

from datetime import timedelta
from typing import Self

from app import clock
from app.api.cloud.calls import call, caller
from app.api.cloud.schemas import Later, Moment, Name, Paging, moment_of
from app.api.kit import Schema
from app.services import services
from app.upkeep.audit_log import AuditItem, AuditQuery

USUAL = timedelta(days=30)
REST = timedelta(microseconds=999)
"""What a moment leaves out that is told in milliseconds."""


class AuditLogRequest(Paging):
    """Whose entries, and from when to when; the last 30 days by default."""

    userId: Name  # noqa: N815 - as it is told
    timestamp_from: Later | None = None
    timestamp_to: Later | None = None

    def query(self) -> AuditQuery:
        """Return what is wanted."""
        now = clock.now()
        until = moment_of(self.timestamp_to)
        return AuditQuery(
            user_id=self.userId,
            since=moment_of(self.timestamp_from) or now - USUAL,
            until=now if until is None else until + REST,
            offset=self.offset,
            limit=self.size,
        )


class AuditLogItem(Schema):
    """One thing that happened."""

    activation_id: str | None = None
    event_type: str
    event_data: str
    """What else is known of it, as JSON."""
    timestamp: Moment

    @classmethod
    def of(cls, item: AuditItem) -> Self:
        """Present an entry."""
        return cls(
            activation_id=item.registration_id,
            event_type=item.event,
            event_data=item.data,
            timestamp=item.at,
        )


class AuditLog(Schema):
    """What happened, the newest first."""

    items: list[AuditLogItem]


@call(
    "GET /audit/log", asks=AuditLogRequest, answers=AuditLog, about="Audit", refuses="ERROR_AUDIT"
)
def get_audit_log(asked: AuditLogRequest) -> AuditLog:
    """Return what happened to registrations and operations of a user."""
    found = services().audit_log.entries(asked.query(), caller().applications)
    return AuditLog(items=[AuditLogItem.of(item) for item in found])
