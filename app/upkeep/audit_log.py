"""What a back end may read of the audit trail: what happened to its users' phones."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import AuditRefused
from app.store.audit import AuditEntry
from app.store.operations import OperationApplication, OperationRow
from app.store.registrations import Registration


@dataclass(frozen=True)
class AuditQuery:
    """Which entries, the newest first."""

    user_id: str
    since: datetime
    until: datetime
    offset: int
    limit: int


@dataclass(frozen=True)
class AuditItem:
    """One entry; the registration is the phone that it is about, or that did it."""

    registration_id: str | None
    event: str
    data: str
    """The facts, as JSON."""
    at: datetime


class AuditLog:
    """Reads entries about registrations and operations of a user in some applications."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def entries(self, wanted: AuditQuery, within: frozenset[str]) -> Sequence[AuditItem]:
        """Return what fits. Raises AuditRefused for a user who has nothing there."""
        if wanted.since > wanted.until:
            raise AuditRefused("the time ends before it begins")
        registrations = select(Registration.id).where(
            Registration.user_id == wanted.user_id, Registration.application_id.in_(within)
        )
        phones = set(self._session.scalars(registrations))
        operations = (
            select(OperationRow.id)
            .join(OperationApplication, OperationApplication.operation_id == OperationRow.id)
            .where(
                OperationRow.user_id == wanted.user_id,
                OperationApplication.application_id.in_(within),
            )
        )
        if not phones and self._session.scalar(operations.limit(1)) is None:
            raise AuditRefused("no such user")
        found = self._session.scalars(
            select(AuditEntry)
            .where(
                AuditEntry.subject.in_(registrations.union(operations)),
                AuditEntry.at >= wanted.since,
                AuditEntry.at <= wanted.until,
            )
            .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
            .offset(wanted.offset)
            .limit(wanted.limit)
        )
        return [_item(entry, phones) for entry in found]


def _item(entry: AuditEntry, phones: set[str]) -> AuditItem:
    """Return an entry; phones of applications that are not the caller's are not named."""
    facts = dict(entry.facts)
    named = facts.pop("registration", None)
    for ours in ("facade", "address"):
        facts.pop(ours, None)
    if entry.subject in phones:
        return AuditItem(entry.subject, entry.name, json.dumps(facts), entry.at)
    facts["operationId"] = entry.subject
    return AuditItem(named if named in phones else None, entry.name, json.dumps(facts), entry.at)
