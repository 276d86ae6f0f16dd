"""Applications of the bank, to which credentials and codes will belong."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.errors import AlreadyConfigured, NotConfigured
from app.events import Journal, Name
from app.flows.configuration import Configuration
from app.store.configuration import ApplicationRow

ACTIVE, REMOVED = "ACTIVE", "REMOVED"


@dataclass(frozen=True)
class Application:
    """One application; a removed one keeps its name."""

    name: str
    status: str
    description: str | None
    created_at: datetime
    updated_at: datetime | None


class Applications:
    """Adds, changes and hides them."""

    def __init__(self, session: Session, configuration: Configuration, journal: Journal) -> None:
        self._session = session
        self._configuration = configuration
        self._journal = journal

    def listed(self, *, with_removed: bool) -> Sequence[Application]:
        """Return the applications by their names."""
        rows = self._session.scalars(select(ApplicationRow).order_by(ApplicationRow.name))
        return [_application(row) for row in rows if with_removed or row.status == ACTIVE]

    def add(self, name: str, description: str | None) -> Application:
        """Add one, or bring a removed one back."""
        row = self._row(name)
        if row is not None and row.status == ACTIVE:
            raise AlreadyConfigured("application", name=name)
        if row is None:
            row = ApplicationRow(name=name, timestamp_created=clock.now())
            self._session.add(row)
        else:
            row.timestamp_last_updated = clock.now()
        row.description, row.status = description, ACTIVE
        return self._changed(row, "added")

    def change(self, name: str, description: str | None, status: str | None) -> Application:
        """Change the description; `status` ACTIVE brings a removed one back."""
        row = self._row(name)
        if row is None or ACTIVE not in (row.status, status):
            raise NotConfigured("application", name=name)
        row.description, row.status = description, status or row.status
        row.timestamp_last_updated = clock.now()
        return self._changed(row, "changed")

    def remove(self, name: str) -> Application:
        """Hide one."""
        row = self._row(name)
        if row is None or row.status == REMOVED:
            raise NotConfigured("application", name=name)
        row.status, row.timestamp_last_updated = REMOVED, clock.now()
        return self._changed(row, "removed")

    def _row(self, name: str) -> ApplicationRow | None:
        self._configuration.begin_changing()
        return self._session.get(ApplicationRow, name)

    def _changed(self, row: ApplicationRow, change: str) -> Application:
        self._session.flush()
        self._journal.record(
            Name.CONFIGURATION_CHANGED, row.name, thing="application", change=change
        )
        return _application(row)


def _application(row: ApplicationRow) -> Application:
    return Application(
        row.name,
        row.status,
        row.description,
        row.timestamp_created,
        row.timestamp_last_updated,
    )
