"""What is done with operations, each thing in a transaction of its own, as doors do it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from flask import Flask
from sqlalchemy import select

from app import clock
from app.crypto.signatures import SignatureType
from app.demo.phone.primitives import b64
from app.mtoken.operation_views import (
    Approval,
    Handset,
    NewOperation,
    Operation,
    Origin,
    Refusal,
)
from app.services import Services
from app.store.operations import OperationRecord, OperationRow
from app.store.registrations import Registration
from tests.support.store import all_of, put_in, reading, serving, writing

T = TypeVar("T")

BANK_APP, OTHER_APP = "bank-app", "other-app"
JOHNNY = Handset("11111111-0000-4000-8000-000000000001", "johnny-doe", BANK_APP)
JANE = Handset("22222222-0000-4000-8000-000000000002", "jane-doe", BANK_APP)
HERE = Origin("192.0.2.7", "MobileToken/1.9")

PAYMENT_DATA = r"A1*A100CZK*Q238400856/0300**D20170629*NRent \* 05"
PAYMENT_FORM: dict[str, Any] = {
    "title": {"id": "operation.title"},
    "greeting": {"id": "operation.greeting"},
    "summary": {"id": "operation.summary"},
    "parameters": [
        {"type": "AMOUNT", "id": "operation.amount", "amount": 100, "currency": "CZK"},
        {
            "type": "KEY_VALUE",
            "id": "operation.account",
            "valueFormatType": "ACCOUNT",
            "value": "238400856/0300",
        },
    ],
}


def header_of(handset: Handset) -> str:
    """Return a header by which a phone signs, or anybody who knows its id claims to."""
    return (
        f'PowerAuth pa_version="3.3", pa_activation_id="{handset.registration_id}", '
        f'pa_application_key="{b64(bytes(16))}", pa_nonce="{b64(bytes(16))}", '
        f'pa_signature_type="possession_knowledge", pa_signature="{b64(bytes(32))}"'
    )


def registration_of(handset: Handset) -> Registration:
    """Return the row of a phone whose keys nobody will use."""
    moment = clock.now()
    return Registration(
        id=handset.registration_id,
        application_id=handset.application_id,
        user_id=handset.user_id,
        state="ACTIVE",
        commit_phase="ON_COMMIT",
        server_key_sealed=b"",
        server_public=b"",
        device_public=b"",
        keys_sealed=b"",
        counter_data_sealed=b"",
        max_failed_attempts=5,
        flags=[],
        created_at=moment,
        expires_at=moment,
        changed_at=moment,
    )


class Heard(list[Any]):
    """Events, as a listener of the journal hears them."""

    def names(self, subject: str) -> list[str]:
        """Return what was told about one subject."""
        return [event.name.value for event in self if event.subject == subject]


class Room:
    """Opens, signs and ends operations; commits each time, and hears every event."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.heard = Heard()
        put_in(app, listeners=(self.heard.append,))
        self.do(lambda services: services.mtoken.applications.ensure(BANK_APP, "Bank"))
        self.do(lambda services: services.mtoken.applications.ensure(OTHER_APP, "Other"))
        with writing(app) as session:
            session.add_all([registration_of(JOHNNY), registration_of(JANE)])
        self.heard.clear()

    def do(self, act: Callable[[Services], T]) -> T:
        """Do something in a transaction of its own."""
        with serving(self.app) as services:
            result = act(services)
            services.commit()
            return result

    def create(self, **wanted: Any) -> Operation:
        """Open an operation; a payment of Johnny's, unless something else is said."""
        usual: dict[str, Any] = {
            "template": "payment",
            "applications": (BANK_APP,),
            "user_id": JOHNNY.user_id,
            "data": PAYMENT_DATA,
            "form_data": PAYMENT_FORM,
        }
        return self.do(lambda s: s.operations.create(NewOperation(**{**usual, **wanted})))

    def get(self, operation_id: str) -> Operation:
        """Return an operation as it is now."""
        return self.do(lambda s: s.operations.get(operation_id))

    def approve(
        self, operation: Operation, handset: Handset = JOHNNY, **signed: Any
    ) -> Refusal | None:
        """Approve an operation by knowledge, unless something else was signed."""
        approval = Approval(
            handset=handset,
            operation_id=operation.id,
            factor=SignatureType.POSSESSION_KNOWLEDGE,
            data=operation.data,
            origin=HERE,
        )
        return self.do(lambda s: s.approving.approve(replace(approval, **signed)))

    def reject(
        self, operation: Operation, handset: Handset = JOHNNY, reason: str = "INCORRECT_DATA"
    ) -> Refusal | None:
        """Reject an operation."""
        return self.do(
            lambda s: s.approving.reject(handset, operation.id, reason=reason, origin=HERE)
        )

    def fail(self, operation: Operation, handset: Handset = JOHNNY) -> Refusal:
        """Sign an operation wrongly."""
        named = header_of(handset)
        return self.do(lambda s: s.approving.fail(named, operation.id, origin=HERE))

    def claim(self, operation: Operation, handset: Handset = JOHNNY) -> Operation | Refusal:
        """Claim an operation."""
        return self.do(lambda s: s.approving.claim(handset, operation.id))

    def cancel(self, operation: Operation, reason: str | None = None) -> bool:
        """Withdraw an operation."""
        return self.do(lambda s: s.operations.cancel(operation.id, reason=reason))

    def expire(self) -> int:
        """End what is over, as the worker does."""
        return self.do(lambda s: s.operations.expire())

    def pending(self, handset: Handset = JOHNNY) -> list[str]:
        """Return the ids of what waits for a phone."""
        return self.do(lambda s: [each.id for each in s.approving.pending(handset)])

    def row(self, operation: Operation) -> OperationRow:
        """Return the row as it is committed."""
        (row,) = [each for each in all_of(self.app, OperationRow) if each.id == operation.id]
        return row

    def records(self, operation: Operation) -> list[OperationRecord]:
        """Return the history, in order."""
        wanted = (
            select(OperationRecord)
            .where(OperationRecord.operation_id == operation.id)
            .order_by(OperationRecord.version)
        )
        with reading(self.app) as session:
            return list(session.scalars(wanted))

    def story(self, operation: Operation) -> list[str]:
        """Return what the history says has happened, having checked that each was told once."""
        records = self.records(operation)
        assert [record.version for record in records] == list(range(1, len(records) + 1))
        names = [record.event.removeprefix("operation.") for record in records]
        told = self.heard.names(operation.id)
        assert sorted(told) == sorted(f"operation.{name}" for name in names)
        return names
