"""Who hears of a change: rows of the outbox, written with the change itself."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app import clock
from app.mtoken.callback_views import ALWAYS, OPERATION, REGISTRATION
from app.mtoken.callbacks import reference_of
from app.store.callbacks import CallbackRow
from app.store.operations import OperationApplication, OperationRow
from app.store.outbox import CALLBACK, Outbox
from app.store.registrations import Registration

LIFETIME: Final = timedelta(days=365)
"""How long a change may wait to be told: longer than any worker is down."""

LEGACY_TYPES: Final = {REGISTRATION: "ACTIVATION", OPERATION: "OPERATION"}
"""Type of a callback → type in its calls, as they have always been named."""


class CallbackEvents:
    """Puts one row for each callback that asks for a change of this kind."""

    def __init__(self, session: Session, outbox: Outbox) -> None:
        self._session = session
        self._outbox = outbox

    def operation_changed(self, row: OperationRow) -> None:
        """Tell that an operation was made, has failed once, or has ended."""
        links = select(OperationApplication.application_id).where(
            OperationApplication.operation_id == row.id
        )
        asking = self._asking(OPERATION, CallbackRow.application_id.in_(links))
        if asking:
            known = _about_operation(row, sorted(self._session.scalars(links)))
            self._put(asking, row.id, row.version, known)

    def registration_changed(self, row: Registration, number: int) -> None:
        """Tell that a registration was made or has changed its state, for the `number`th time."""
        asking = self._asking(REGISTRATION, CallbackRow.application_id == row.application_id)
        if asking:
            self._put(asking, row.id, number, _about_registration(row))

    def _asking(self, kind: str, *conditions: ColumnElement[bool]) -> Sequence[CallbackRow]:
        wanted = (
            select(CallbackRow)
            .where(CallbackRow.type == kind, CallbackRow.enabled, CallbackRow.max_attempts > 0)
            .where(*conditions)
            .order_by(CallbackRow.id)
        )
        return self._session.scalars(wanted).all()

    def _put(
        self, asking: Sequence[CallbackRow], subject: str, turn: int, known: Mapping[str, object]
    ) -> None:
        for callback in asking:
            told = {
                "type": LEGACY_TYPES[callback.type],
                ALWAYS[callback.type]: subject,
                **{name: known[name] for name in callback.attributes},
            }
            body = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
            self._outbox.put(
                CALLBACK,
                reference_of(callback.id),
                {"subject": subject, "body": body},
                lifetime=LIFETIME,
                place=(f"{callback.id}:{subject}", turn),
            )


def _about_operation(row: OperationRow, applications: Sequence[str]) -> Mapping[str, object]:
    return {
        "userId": row.user_id,
        "applications": applications,
        "operationType": row.operation_type,
        "parameters": row.parameters,
        "additionalData": row.additional_data,
        "activationFlag": row.flag,
        "status": row.status,
        "data": row.data,
        "failureCount": row.failures,
        "maxFailureCount": row.max_failures,
        "signatureType": row.factors,
        "externalId": row.external_id,
        "timestampCreated": clock.milliseconds(row.created_at),
        "timestampExpires": clock.milliseconds(row.expires_at),
        "timestampFinalized": row.finished_at and clock.milliseconds(row.finished_at),
    }


def _about_registration(row: Registration) -> Mapping[str, object]:
    return {
        "userId": row.user_id,
        "activationName": row.name,
        "deviceInfo": row.device_info,
        "platform": row.platform,
        "protocol": row.kind,
        "activationFlags": row.flags,
        "activationStatus": row.state,
        "blockedReason": row.blocked_reason,
        "applicationId": row.application_id,
    }
