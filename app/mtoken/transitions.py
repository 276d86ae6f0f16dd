"""The one way in which an operation changes: one conditional UPDATE, one record, one event."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import ColumnElement, update
from sqlalchemy.orm import Session

from app import clock
from app.events import Journal, Name
from app.mtoken.callback_events import CallbackEvents
from app.mtoken.operation_views import Notice
from app.mtoken.push import Pushes
from app.store.operations import OperationApplication, OperationRecord, OperationRow

ENDED: Final[Mapping[str, Name]] = {
    "APPROVED": Name.OPERATION_APPROVED,
    "REJECTED": Name.OPERATION_REJECTED,
    "FAILED": Name.OPERATION_FAILED,
    "CANCELED": Name.OPERATION_CANCELED,
    "EXPIRED": Name.OPERATION_EXPIRED,
}
"""Status that an operation never leaves → what has happened."""


class Transitions:
    """Changes operations, and tells of each change exactly once."""

    def __init__(
        self, session: Session, journal: Journal, pushes: Pushes, told: CallbackEvents
    ) -> None:
        self._session = session
        self._journal = journal
        self._pushes = pushes
        self._told = told

    def begin(
        self, row: OperationRow, applications: frozenset[str], notice: Notice | None = None
    ) -> None:
        """Keep a new operation, and push it; `notice` is what the push says and carries."""
        self._session.add(row)
        self._session.flush()
        self._session.add_all(
            OperationApplication(operation_id=row.id, application_id=application)
            for application in sorted(applications)
        )
        self._session.flush()
        self._tell(row, Name.OPERATION_CREATED, reason=None, registration_id=None)
        self._pushes.created(row, notice or Notice())

    def apply(
        self,
        operation_id: str,
        *conditions: ColumnElement[bool],
        values: Mapping[str, object],
        waiting: Name = Name.OPERATION_ATTEMPT_FAILED,
        reason: str | None = None,
        registration_id: str | None = None,
    ) -> OperationRow | None:
        """Change an operation that is pending; None if it is not, or a condition does not hold.

        Of parallel changes exactly one ends an operation: the others find it ended. `waiting`
        names a change after which the operation is still pending.
        """
        change = (
            update(OperationRow)
            .where(OperationRow.id == operation_id, OperationRow.status == "PENDING", *conditions)
            .values(version=OperationRow.version + 1, **values)
            .returning(OperationRow)
            .execution_options(synchronize_session=False, populate_existing=True)
        )
        row = self._session.scalars(change).one_or_none()
        if row is None:
            return None
        self._tell(row, ENDED.get(row.status, waiting), reason, registration_id)
        if row.status in ENDED:
            self._pushes.finished(row)
        return row

    def _tell(
        self, row: OperationRow, name: Name, reason: str | None, registration_id: str | None
    ) -> None:
        self._session.add(
            OperationRecord(
                operation_id=row.id,
                version=row.version,
                event=name.value,
                status=row.status,
                failures=row.failures,
                reason=reason,
                registration_id=registration_id,
                created_at=clock.now(),
            )
        )
        facts: dict[str, str | int] = {"template": row.template, "status": row.status}
        if row.failures:
            facts["failures"] = row.failures
        if registration_id:
            facts["registration"] = registration_id
        self._journal.record(name, row.id, row.external_id, **facts)
        if name is not Name.OPERATION_CLAIMED:  # it is still pending, and nothing has failed
            self._told.operation_changed(row)
