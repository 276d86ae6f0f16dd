"""Read operations as they are at this moment."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from app import clock
from app.crypto.signatures import SignatureType
from app.mtoken.operation_views import Handset, Operation, Refusal
from app.nextstep.form_data import parse_shown
from app.store.operations import OperationApplication, OperationRow

OVER: Final[Mapping[str, Refusal]] = {
    "APPROVED": Refusal.FINISHED,
    "REJECTED": Refusal.FINISHED,
    "FAILED": Refusal.FAILED,
    "CANCELED": Refusal.CANCELED,
    "EXPIRED": Refusal.EXPIRED,
}
"""Status of an operation → why nothing can be done about it."""


class Timed(Protocol):
    """What the clock decides."""

    @property
    def status(self) -> str:
        """As the table has it."""

    @property
    def expires_at(self) -> datetime:
        """The end of what is pending."""


def status_of(row: Timed) -> str:
    """Return the status by the clock: nobody has to have noted that the time is over."""
    if row.status == "PENDING" and clock.now() >= row.expires_at:
        return "EXPIRED"
    return row.status


def seen_by(handset: Handset) -> Sequence[ColumnElement[bool]]:
    """Return what makes an operation visible to a phone, but for whose it is."""
    applications = select(OperationApplication.operation_id).where(
        OperationApplication.operation_id == OperationRow.id,
        OperationApplication.application_id == handset.application_id,
    )
    no_flag, any_phone = OperationRow.flag.is_(None), OperationRow.registration_id.is_(None)
    return (
        applications.exists(),
        OperationRow.kind == handset.kind,
        no_flag | OperationRow.flag.in_(sorted(handset.flags)),
        any_phone | (OperationRow.registration_id == handset.registration_id),
    )


def claimable(handset: Handset) -> ColumnElement[bool]:
    """Return what makes an operation this user's, or nobody's yet."""
    return OperationRow.user_id.is_(None) | (OperationRow.user_id == handset.user_id)


class Reading:
    """Finds rows, and turns them into what doors see."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def row(self, operation_id: str, *conditions: ColumnElement[bool]) -> OperationRow | None:
        """Return an operation as the database has it now."""
        wanted = select(OperationRow).where(OperationRow.id == operation_id, *conditions)
        fresh = wanted.execution_options(populate_existing=True)
        return self._session.scalars(fresh).one_or_none()

    def views(self, wanted: Select[OperationRow]) -> Sequence[Operation]:
        """Return all that a query finds."""
        return self._viewed(self._session.scalars(wanted).all())

    def view(self, row: OperationRow) -> Operation:
        """Return one operation."""
        (view,) = self._viewed([row])
        return view

    def _viewed(self, rows: Sequence[OperationRow]) -> Sequence[Operation]:
        found: dict[str, list[str]] = {row.id: [] for row in rows}
        which = select(OperationApplication).where(OperationApplication.operation_id.in_(found))
        for link in self._session.scalars(which) if rows else ():
            found[link.operation_id].append(link.application_id)
        return [viewed(row, sorted(found[row.id])) for row in rows]


def viewed(row: OperationRow, applications: Sequence[str]) -> Operation:
    """Return what doors see of a row."""
    status = status_of(row)
    return Operation(
        id=row.id,
        user_id=row.user_id,
        kind=row.kind,
        registration_id=row.registration_id,
        applications=applications,
        template=row.template,
        operation_type=row.operation_type,
        data=row.data,
        form=parse_shown(row.form_data),
        parameters=row.parameters,
        factors=tuple(SignatureType(name) for name in row.factors),
        risk_flags=row.risk_flags,
        ui=row.ui,
        texts=row.texts,
        status=status,
        status_reason=row.status_reason,
        failures=row.failures,
        max_failures=row.max_failures,
        external_id=row.external_id,
        additional_data=row.additional_data,
        needs_proximity=row.proximity_seed is not None,
        created_at=row.created_at,
        expires_at=row.expires_at,
        finished_at=row.expires_at if status != row.status else row.finished_at,
    )
