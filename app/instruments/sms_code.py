"""A one-time code by text message, bound to what it approves."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import clock
from app.crypto.vault import Vault
from app.events import Journal, Name
from app.nextstep.operation_data import (
    Payment,
    canonical,
    code_items,
    plain_amount,
    sms_digest,
)
from app.settings import SmsSettings
from app.store.db import changed_one
from app.store.flows import Flow
from app.store.otps import Message, SmsAuthorization, language_of, new_message_id, table_of
from app.store.outbox import Outbox
from app.texts import Texts

KEY_BYTES = 16
MOST_OF_A_NAME = 256
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Challenge:
    """What one answer is judged against; plain values, usable outside a transaction."""

    message_id: str
    code_digest: str
    is_alive: bool
    """Sent, not expired, not replaced, not used, and still about the same operation."""


@dataclass(frozen=True)
class Purpose:
    """What the customer has to find in the message, in the very words of the message."""

    language: str
    words: str


class SmsCode:
    """Makes codes, has them sent, and recognises them again."""

    def __init__(  # noqa: PLR0913 - the parts that one message needs
        self,
        session: Session,
        settings: SmsSettings,
        *,
        vault: Vault,
        texts: Texts,
        outbox: Outbox,
        journal: Journal,
        readable: bool,
    ) -> None:
        self._session = session
        self._settings = settings
        self._vault = vault
        self._texts = texts
        self._outbox = outbox
        self._journal = journal
        self._readable = readable

    @property
    def digits(self) -> int:
        """Length of a code."""
        return self._settings.code_digits

    def send(self, flow: Flow, *, phone: str | None, payment: Payment | None) -> bool:
        """Send a fresh code for the present step; an older one stops working.

        Without a phone number (a user who does not exist or is blocked) the same is written
        elsewhere, and nothing is sent. False if the user got too many lately; then an older
        code goes on working.
        """
        message_id = new_message_id(flow.language, is_decoy=phone is None)
        if self._is_exhausted(flow, table_of(message_id)):
            flow.sms_sent_at = flow.sms_sent_at or clock.now()
            self._journal.record(Name.SMS_SUPPRESSED, flow.id, reason="limit")
            return False
        self._replace(flow)
        flow.sms_sent_at = clock.now()
        key = secrets.token_bytes(KEY_BYTES)
        code = sms_digest(code_items(payment), key=key, digits=self.digits)
        text = self._render("", flow.language, payment, code=code)
        self._session.add(self._row(flow, message_id, key=key, code=code, text=text))
        self._outbox.put(
            "sms" if phone else "decoy",
            message_id,
            {"to": phone or "", "text": text, "operation_id": flow.id},
            lifetime=self._settings.code_lifetime,
        )
        flow.sms_id = message_id
        name = Name.SMS_REQUESTED if phone else Name.SMS_SUPPRESSED
        self._journal.record(name, flow.id, message=message_id)
        return True

    def forget(self, flow: Flow) -> None:
        """Leave the step: whatever code was sent stops working."""
        self._replace(flow)
        flow.sms_sent_at, flow.sms_resent = None, False

    def may_resend(self, flow: Flow) -> bool:
        """Whether the wait since the last message is over."""
        return clock.now() >= self.resend_at(flow)

    def resend_at(self, flow: Flow) -> datetime:
        """When a new code may be asked for."""
        return (flow.sms_sent_at or flow.created_at) + self._settings.resend_after

    def valid_until(self, flow: Flow) -> datetime:
        """When the last code ends."""
        return (flow.sms_sent_at or flow.created_at) + self._settings.code_lifetime

    def purpose(self, flow: Flow, payment: Payment | None, language: str) -> Purpose:
        """Return what the last message says that its code is for; `language`: if there is none."""
        spoken = language_of(flow.sms_id or "") or language
        return Purpose(spoken, self._render("_purpose", spoken, payment))

    def challenge(self, flow: Flow) -> Challenge:
        """Count one try of the present code and return what it is judged against."""
        message_id = flow.sms_id or ""
        row = self._session.get(table_of(message_id), message_id)
        data_digest = self._data_digest(flow)
        if row is None:  # nobody can know this code, and comparing costs the same
            return Challenge("", secrets.token_hex(32), is_alive=False)
        row.verify_request_count += 1
        bound = hmac.compare_digest(row.data_digest, data_digest)
        alive = (
            bound
            and not row.verified
            and row.timestamp_replaced is None
            and clock.now() < row.timestamp_expires
            and isinstance(row, SmsAuthorization)
        )
        return Challenge(row.message_id, row.code_digest, is_alive=alive)

    def is_right(self, given: str, challenge: Challenge) -> bool:
        """Judge a code; touches no database."""
        digest = self._code_digest(challenge.message_id, given)
        same = hmac.compare_digest(digest, challenge.code_digest)
        return same and challenge.is_alive

    def use(self, flow: Flow, challenge: Challenge) -> bool:
        """Spend the code: True for exactly one caller, and only while it still counts."""
        if flow.sms_id != challenge.message_id:
            return False
        moment = clock.now()
        spent = (
            update(SmsAuthorization)
            .where(
                SmsAuthorization.message_id == challenge.message_id,
                SmsAuthorization.verified.is_(False),
                SmsAuthorization.timestamp_replaced.is_(None),
                SmsAuthorization.timestamp_expires > moment,
                SmsAuthorization.data_digest == self._data_digest(flow),
            )
            .values(verified=True, timestamp_verified=moment)
        )
        return changed_one(self._session, spent)

    def _is_exhausted(self, flow: Flow, table: type[Message]) -> bool:
        """Whether a user has got as many messages as we send in an hour, or in a day.

        One name in two segments is two users, even if neither exists.
        """
        moment, settings = clock.now(), self._settings
        newest = (
            select(table.timestamp_created)
            .where(table.user_id == _receiver(flow), table.timestamp_created > moment - DAY)
            .where(table.organization_id == flow.organization_id)
            .order_by(table.timestamp_created.desc())
            .limit(max(settings.per_hour, settings.per_day))
        )
        times = self._session.scalars(newest).all()
        lately = sum(time > moment - HOUR for time in times)
        return lately >= settings.per_hour or len(times) >= settings.per_day

    def _row(self, flow: Flow, message_id: str, *, key: bytes, code: str, text: str) -> Message:
        moment = clock.now()
        return table_of(message_id)(
            message_id=message_id,
            operation_id=flow.id,
            user_id=_receiver(flow),
            organization_id=flow.organization_id,
            operation_name=flow.operation_name,
            authorization_code=code if self._readable else "",
            salt=key if self._readable else b"",
            message_text=text if self._readable else "",
            code_digest=self._code_digest(message_id, code),
            data_digest=self._data_digest(flow),
            timestamp_created=moment,
            timestamp_expires=moment + self._settings.code_lifetime,
        )

    def _replace(self, flow: Flow) -> None:
        message_id = flow.sms_id or ""  # the first message costs what the others cost
        table = table_of(message_id)
        self._session.execute(
            update(table)
            .where(
                table.message_id == message_id,
                table.timestamp_replaced.is_(None),
                table.verified.is_(False),
            )
            .values(timestamp_replaced=clock.now())
        )
        self._outbox.void(message_id)
        flow.sms_id = None

    def _render(self, part: str, language: str, payment: Payment | None, **more: str) -> str:
        if payment is None:
            return self._texts.render(f"sms/login{part}.txt", language, **more)
        return self._texts.render(
            f"sms/payment{part}.txt",
            language,
            **more,
            amount=plain_amount(payment.amount),
            currency=payment.currency,
            account=payment.account,
        )

    def _code_digest(self, message_id: str, code: str) -> str:
        return self._vault.digest(f"{message_id}:{code}", purpose="sms.code")

    def _data_digest(self, flow: Flow) -> str:
        account = flow.debit_account["number"] if flow.debit_account else None
        record = canonical(flow.id, flow.operation_data, account)
        return self._vault.digest(f"{flow.step}:{record.hex()}", purpose="sms.data")


def _receiver(flow: Flow) -> str:
    """Return whose messages are counted; of a user who does not exist, the name as typed."""
    return flow.user_id or (flow.username or "").casefold()[:MOST_OF_A_NAME]
