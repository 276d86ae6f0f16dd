"""What the testers' pages show: text messages that never left the house."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app import clock
from app.store.operations import OperationRow
from app.store.otps import SmsAuthorization
from app.store.testers import DemoClock, DemoSms

SHOWN = 100


@dataclass(frozen=True)
class KeptSms:
    """One kept message, and whether its code still works."""

    to: str
    text: str
    code: str | None
    """None: the portal does not know it any more; the text has it."""
    operation_id: str
    timestamp: datetime
    state: str
    """`works`, `used`, `replaced` or `expired`."""
    valid_until: datetime


class Testers:
    """Reads the demo channel's messages; the factory builds its pages in the demo profile only."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def move_clock(self, offset: timedelta) -> None:
        """Move the clock of every process of ours; they follow within a second."""
        row = self._session.get(DemoClock, 1) or DemoClock(id=1)
        row.offset_seconds = offset.total_seconds()
        self._session.add(row)

    def clock_offset(self) -> timedelta:
        """Return how far the clock was moved."""
        row = self._session.get(DemoClock, 1)
        return timedelta(seconds=row.offset_seconds if row else 0)

    def keep(self, *, message_id: str, recipient: str, text: str, operation_id: str) -> None:
        """Keep a message instead of sending it; once, however often it is delivered."""
        if self._session.get(DemoSms, message_id) is None:
            self._session.add(
                DemoSms(
                    message_id=message_id,
                    recipient=recipient,
                    text=text,
                    operation_id=operation_id,
                    timestamp=clock.now(),
                )
            )

    def messages(self) -> Sequence[KeptSms]:
        """Return the newest messages, newest first."""
        rows = self._session.execute(
            select(DemoSms, SmsAuthorization, OperationRow)
            .outerjoin(SmsAuthorization, SmsAuthorization.message_id == DemoSms.message_id)
            .outerjoin(OperationRow, OperationRow.id == DemoSms.operation_id)
            .where(or_(SmsAuthorization.message_id.is_not(None), OperationRow.id.is_not(None)))
            .order_by(DemoSms.timestamp.desc(), SmsAuthorization.timestamp_created.desc())
            .limit(SHOWN)
        )
        return [_shown(*row) for row in rows.all()]


def _shown(sms: DemoSms, otp: SmsAuthorization | None, operation: OperationRow) -> KeptSms:
    return _of_transaction(sms, operation) if otp is None else _of_flow(sms, otp)


def _of_flow(sms: DemoSms, otp: SmsAuthorization) -> KeptSms:
    if otp.verified:
        state = "used"
    elif otp.timestamp_replaced is not None:
        state = "replaced"
    else:
        state = _state_at(otp.timestamp_expires)
    return _kept(sms, otp.authorization_code, state, otp.timestamp_expires)


def _of_transaction(sms: DemoSms, operation: OperationRow) -> KeptSms:
    """Present a message of the second façade, which keeps no code that could be read."""
    if operation.status == "APPROVED":
        state = "used"
    else:
        state = _state_at(operation.finished_at or operation.expires_at)
    return _kept(sms, None, state, operation.expires_at)


def _state_at(end: datetime) -> str:
    return "works" if clock.now() < end else "expired"


def _kept(sms: DemoSms, code: str | None, state: str, valid_until: datetime) -> KeptSms:
    return KeptSms(
        to=sms.recipient,
        text=sms.text,
        code=code,
        operation_id=sms.operation_id,
        timestamp=sms.timestamp,
        state=state,
        valid_until=valid_until,
    )
