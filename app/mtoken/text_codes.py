"""Codes by text message: they enrol a telephone number, and approve by it.

A code is bound to its transaction, kept as a keyed hash, counted by the operation, and good once.
"""

import secrets
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy.orm import Session

from app import clock
from app.crypto.encoding import same
from app.crypto.signatures import SignatureType
from app.crypto.vault import Vault
from app.errors import AuthenticatorNotFound
from app.events import Journal, Name
from app.mtoken.approving import Approving
from app.mtoken.operation_views import Handset, NewOperation, Operation, Origin, Refusal
from app.mtoken.operations import Operations
from app.mtoken.phone_numbers import PhoneNumbers
from app.mtoken.push import reference_of
from app.mtoken.templates import TEXT_MESSAGE
from app.mtoken.transactions import Transactions
from app.mtoken.users import Customer
from app.settings import NevisSettings
from app.store.operations import SMS
from app.store.outbox import Outbox
from app.store.transactions import TransactionRow
from app.texts import Texts

PLACE_OF_CODE: Final = "{{CODE}}"
Purpose = Literal["enroll", "approve"]
TEXTS: Final = {"enroll": "sms/enrollment.txt", "approve": "sms/approval.txt"}


@dataclass(frozen=True)
class Wording:
    """What a message says."""

    message: str | None
    """With `{{CODE}}` where the code stands; None: ours."""
    language: str


class TextCodes:
    """Sends codes and judges them, within one application."""

    def __init__(  # noqa: PLR0913 - what one message needs
        self,
        session: Session,
        vault: Vault,
        *,
        transactions: Transactions,
        operations: Operations,
        approving: Approving,
        numbers: PhoneNumbers,
        outbox: Outbox,
        journal: Journal,
        texts: Texts,
        settings: NevisSettings,
        digits: int,
        application_id: str = "",
    ) -> None:
        self._session = session
        self._vault = vault
        self._transactions = transactions
        self._operations = operations
        self._approving = approving
        self._numbers = numbers
        self._outbox = outbox
        self._journal = journal
        self._texts = texts
        self._settings = settings
        self._digits = digits
        self._application = application_id

    def within(self, application_id: str) -> "TextCodes":
        """Return the codes of one application."""
        return TextCodes(
            self._session,
            self._vault,
            transactions=self._transactions.within(application_id),
            operations=self._operations.within(frozenset({application_id})),
            approving=self._approving,
            numbers=self._numbers,
            outbox=self._outbox,
            journal=self._journal,
            texts=self._texts,
            settings=self._settings,
            digits=self._digits,
            application_id=application_id,
        )

    def enroll(self, customer: Customer, number: str, wording: Wording) -> Operation:
        """Send a code to a number that is to be the user's. Raises TooManyRequests."""
        self._transactions.check_rate(customer)
        number_id = self._numbers.add(customer, number)
        return self._send("enroll", customer, (number_id, number), wording)

    def approve(self, customer: Customer, wording: Wording) -> Operation:
        """Send a code to the user's number. Raises AuthenticatorNotFound, TooManyRequests."""
        confirmed = self._numbers.confirmed(customer)
        if not confirmed:
            raise AuthenticatorNotFound("no telephone number")
        self._transactions.check_rate(customer)
        return self._send("approve", customer, (confirmed[0].id, confirmed[0].number), wording)

    def purpose(self, customer: Customer, operation_id: str) -> Purpose | None:
        """Return what a user's code is for; None: nothing of theirs."""
        row = self._row(customer, operation_id)
        return None if row is None else _purpose(row)

    def judge(
        self, customer: Customer, operation_id: str, code: str, origin: Origin
    ) -> Refusal | None:
        """End a transaction by its code; None: done. A wrong one is counted."""
        row = self._row(customer, operation_id)
        if row is None or row.phone_number_id is None or row.code_digest is None:
            return Refusal.UNKNOWN
        if _purpose(row) == "approve" and not self._numbers.counts(row.phone_number_id):
            return Refusal.UNKNOWN  # the user has another number by now
        handset = Handset(
            registration_id=row.phone_number_id,
            user_id=customer.user_id,
            application_id=self._application,
            kind=SMS,
        )
        is_right = same(self._digest(operation_id, code), row.code_digest)
        refusal = self._approving.approve_by(
            handset,
            operation_id,
            judge=lambda _row: SignatureType.POSSESSION if is_right else None,
            origin=origin,
        )
        if refusal is None and _purpose(row) == "enroll":
            self._numbers.confirm(customer, row.phone_number_id)
        return refusal

    def _send(
        self, purpose: Purpose, customer: Customer, to: tuple[str, str], wording: Wording
    ) -> Operation:
        number_id, number = to
        settings = self._settings
        enrolling = purpose == "enroll"
        lifetime = settings.enrollment_lifetime if enrolling else settings.approval_lifetime
        operation = self._operations.create(
            NewOperation(
                template=TEXT_MESSAGE,
                applications=(self._application,),
                user_id=customer.user_id,
                parameters={"number": number_id},
                expires_at=clock.now() + lifetime,
                kind=SMS,
                registration_id=number_id,
                silent=True,
            )
        )
        code = str(secrets.randbelow(10**self._digits)).zfill(self._digits)
        self._session.add(
            TransactionRow(
                operation_id=operation.id,
                application_id=self._application,
                user_row_id=customer.id,
                purpose=purpose,
                channel="sms",
                code_digest=self._digest(operation.id, code),
                phone_number_id=number_id,
            )
        )
        self._session.flush()
        reference = reference_of(operation.id)
        text = self._text(purpose, wording, code)
        payload = {"to": number, "text": text, "operation_id": operation.id}
        self._outbox.put("sms", reference, payload, lifetime=lifetime)
        self._journal.record(Name.SMS_REQUESTED, operation.id, message=reference)
        return operation

    def _text(self, purpose: Purpose, wording: Wording, code: str) -> str:
        if wording.message is not None:
            return wording.message.replace(PLACE_OF_CODE, code)
        return self._texts.render(TEXTS[purpose], wording.language, code=code)

    def _row(self, customer: Customer, operation_id: str) -> TransactionRow | None:
        row = self._session.get(TransactionRow, operation_id)
        if row is None or (row.application_id, row.channel) != (self._application, "sms"):
            return None
        return row if row.user_row_id == customer.id else None

    def _digest(self, operation_id: str, code: str) -> str:
        return self._vault.digest(f"{operation_id}\n{code}", purpose="transactions.code")


def _purpose(row: TransactionRow) -> Purpose:
    return "enroll" if row.purpose == "enroll" else "approve"
