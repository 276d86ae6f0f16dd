"""The phones that told us where they are reached."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.crypto.activation import State
from app.crypto.vault import Vault
from app.mtoken.keyring import Keyring
from app.store.operations import OperationApplication, OperationRow
from app.store.registrations import PushDevice, Registration


@dataclass(frozen=True)
class Device:
    """A phone that can be pushed; its `repr` does not tell its token."""

    registration_id: str
    platform: str
    """`apns`, `fcm` or `hms`."""
    token: str = field(repr=False)
    application_id: str
    environment: str = ""
    """Of apns: `development` or `production`; empty: as the application is configured."""


class Devices:
    """Reads the addresses that phones have told."""

    def __init__(self, session: Session, vault: Vault) -> None:
        self._session = session
        self._keyring = Keyring(vault)

    def of_operation(self, row: OperationRow) -> Sequence[Device]:
        """Return the active phones that may see an operation."""
        applications = select(OperationApplication.application_id).where(
            OperationApplication.operation_id == row.id
        )
        bound = [] if row.registration_id is None else [Registration.id == row.registration_id]
        return self._found(
            Registration.user_id == row.user_id,
            Registration.application_id.in_(applications),
            Registration.state == State.ACTIVE.name,
            *bound,
        )

    def of_user(
        self,
        user_id: str,
        *,
        registration_id: str | None = None,
        applications: Sequence[str] | None = None,
    ) -> Sequence[Device]:
        """Return a user's active phones, or those of one registration or some applications."""
        bound = [] if registration_id is None else [Registration.id == registration_id]
        if applications is not None:
            bound.append(Registration.application_id.in_(applications))
        return self._found(
            Registration.user_id == user_id, Registration.state == State.ACTIVE.name, *bound
        )

    def of_registration(self, registration_id: str) -> Sequence[Device]:
        """Return the phone of a registration, whatever its state, if it can be reached."""
        return self._found(Registration.id == registration_id)

    def _found(self, *conditions: ColumnElement[bool]) -> Sequence[Device]:
        wanted = (
            select(PushDevice, Registration.application_id)
            .join(Registration, Registration.id == PushDevice.registration_id)
            .where(*conditions)
            .order_by(PushDevice.created_at, PushDevice.registration_id)
        )
        return [
            Device(
                registration_id=row.registration_id,
                platform=row.platform,
                token=self._keyring.push_token(row),
                application_id=application,
                environment=row.environment or "",
            )
            for row, application in self._session.execute(wanted).all()
        ]
