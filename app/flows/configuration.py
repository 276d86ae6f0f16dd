"""The configuration as one transaction sees it: in effect in every process, without a restart."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select, update
from sqlalchemy.orm import Session, SessionTransaction

from app.bank.base import Bank, Organization
from app.errors import OrganizationNotFound
from app.flows import shipped
from app.flows.catalogue import Catalogue, Rows, Rules
from app.flows.shipped import Segment
from app.settings import FlowSettings
from app.store.configuration import (
    AuthMethodRow,
    ConfigurationVersion,
    OperationConfigRow,
    OperationMethodConfigRow,
    OrganizationRow,
    StepDefinitionRow,
)
from app.store.db import changed_one

ONLY = 1
"""Key of the one row that counts versions."""

PRESENT = select(ConfigurationVersion.version).where(ConfigurationVersion.id == ONLY)
"""Asked by every request; as a constant it is put together once."""


@dataclass
class Shelf:
    """The newest catalogue of this process; requests share it as long as its version is right."""

    kept: tuple[int, Catalogue] | None = None


class Configuration:
    """Reads one number at the beginning of each transaction, and the rows only when it grew."""

    def __init__(
        self, session: Session, settings: FlowSettings, *, bank: Bank, shelf: Shelf
    ) -> None:
        self._session = session
        self._settings = settings
        self._bank = bank
        self._shelf = shelf
        self._seen: tuple[SessionTransaction | None, Catalogue] | None = None
        self._is_changing = False

    @property
    def catalogue(self) -> Catalogue:
        """The configuration in effect now."""
        transaction = self._session.get_transaction()
        if self._seen is None or transaction is None or self._seen[0] is not transaction:
            catalogue = self._read()
            self._seen = (self._session.get_transaction(), catalogue)
        return self._seen[1]

    def rules(self, operation_name: str) -> Rules:
        """Return what an operation goes by."""
        return self.catalogue.rules(operation_name)

    def begin_changing(self) -> Catalogue:
        """Let nobody else change the configuration until the commit; return it as it is."""
        # The lock comes before the reading, so that what is judged is what is changed.
        grown = (
            update(ConfigurationVersion)
            .where(ConfigurationVersion.id == ONLY)
            .values(version=ConfigurationVersion.version + 1)
        )
        if not changed_one(self._session, grown):
            self._session.add(ConfigurationVersion(id=ONLY, version=1))
            self._session.flush()
        self._is_changing, self._seen = True, None
        return self.catalogue

    def changed(self) -> Catalogue:
        """Return the configuration with the changes of this transaction."""
        self._session.flush()
        self._seen = None
        return self.catalogue

    # --- organizations -----------------------------------------------------------------------

    def segments(self) -> Sequence[Segment]:
        """Return the organizations, the bank's and ours; ours decide how one looks."""
        ours, merged = self.catalogue.segments, {}
        for each in self.bank_segments():
            names = shipped.CREDENTIALS.get(each.id, (None, None))
            merged[each.id] = Segment(each.id, each.name_key, each.default, each.order, *names)
        merged |= ours
        # Exactly one is the default: the one that operators chose, else the bank's.
        defaults = [each.id for each in ours.values() if each.default]
        defaults += [each.id for each in self.bank_segments() if each.default]
        return sorted(
            (replace(each, default=each.id == defaults[0]) for each in merged.values()),
            key=lambda each: (each.order, each.id),
        )

    def bank_segments(self) -> Sequence[Organization]:
        """Return the organizations that the bank itself names."""
        return self._bank.organizations()

    def organizations(self) -> Sequence[Organization]:
        """Return the organizations as pages show them."""
        return [
            Organization(each.id, each.name_key or each.id, each.order, each.default)
            for each in self.segments()
        ]

    @property
    def default_organization(self) -> str:
        """Where a user belongs of whom nobody said it."""
        return next(each.id for each in self.segments() if each.default)

    def check_organization(self, organization_id: str | None) -> None:
        """Refuse an organization that nobody knows."""
        if organization_id is not None and all(
            each.id != organization_id for each in self.segments()
        ):
            raise OrganizationNotFound(organization=organization_id)

    # --- reading -----------------------------------------------------------------------------

    def _read(self) -> Catalogue:
        if self._is_changing:  # what is not committed is nobody else's business
            return Catalogue(self._rows(), self._settings)
        version, kept = self._session.scalar(PRESENT) or 0, self._shelf.kept
        if kept is not None and kept[0] == version:
            return kept[1]
        catalogue = Catalogue(self._rows(), self._settings)
        self._shelf.kept = (version, catalogue)
        return catalogue

    def _rows(self) -> Rows:
        return Rows(
            definitions=self._session.scalars(select(StepDefinitionRow)).all(),
            operations=self._session.scalars(select(OperationConfigRow)).all(),
            limits=self._session.scalars(select(OperationMethodConfigRow)).all(),
            methods=self._session.scalars(select(AuthMethodRow)).all(),
            organizations=self._session.scalars(select(OrganizationRow)).all(),
        )
