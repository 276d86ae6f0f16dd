"""The phones that told us where they are reached."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.crypto.activation import State
from app.crypto.vault import CannotOpenError, Vault
from app.mtoken.keyring import Keyring
from app.store.operations import OperationApplication, OperationRow
from app.store.registrations import PushDevice, Registration

log = structlog.get_logger("webflow.devices")


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
            Registration.kind == row.kind,
            Registration.application_id.in_(applications),
            Registration.state == State.ACTIVE.name,
            *bound,
            flag=row.flag,
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

    def is_active(self, registration_id: str, application_id: str, token: str) -> bool:
        """Tell whether a phone may be told things, and its address is nobody else's by now."""
        taken = select(PushDevice.registration_id).where(
            PushDevice.token_digest == self._keyring.push_digest(application_id, token),
            PushDevice.registration_id != registration_id,
        )
        active = select(Registration.id).where(
            Registration.id == registration_id,
            Registration.state == State.ACTIVE.name,
            ~taken.exists(),
        )
        return self._session.scalar(active) is not None

    def _found(self, *conditions: ColumnElement[bool], flag: str | None = None) -> Sequence[Device]:
        """Return the phones that fit; with a flag, only those that have it."""
        wanted = (
            select(PushDevice, Registration.application_id, Registration.flags)
            .join(Registration, Registration.id == PushDevice.registration_id)
            .where(*conditions)
            .order_by(PushDevice.created_at, PushDevice.registration_id)
        )
        fitting = (
            (row, application)
            for row, application, flags in self._session.execute(wanted).all()
            if flag is None or flag in flags
        )
        return [device for each in fitting if (device := self._device(*each))]

    def _device(self, row: PushDevice, application_id: str) -> Device | None:
        """Return a phone with its address; None if that does not open: all else must go on."""
        try:
            token = self._keyring.push_token(row)
        except CannotOpenError:
            log.warning("push.address.cannot_open", registration=row.registration_id)
            return None
        return Device(
            registration_id=row.registration_id,
            platform=row.platform,
            token=token,
            application_id=application_id,
            environment=row.environment or "",
        )
