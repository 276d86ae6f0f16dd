"""What the testers' pages show: text messages that never left the house."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.store.otps import SmsAuthorization
from app.store.testers import DemoClock, DemoSms

SHOWN = 100


@dataclass(frozen=True)
class KeptSms:
    """One kept message, and whether its code still works."""

    to: str
    text: str
    code: str
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
            select(DemoSms, SmsAuthorization)
            .join(SmsAuthorization, SmsAuthorization.message_id == DemoSms.message_id)
            .order_by(DemoSms.timestamp.desc(), SmsAuthorization.timestamp_created.desc())
            .limit(SHOWN)
        )
        return [_kept(sms, otp) for sms, otp in rows.all()]


def _kept(sms: DemoSms, otp: SmsAuthorization) -> KeptSms:
    if otp.verified:
        state = "used"
    elif otp.timestamp_replaced is not None:
        state = "replaced"
    else:
        state = "works" if clock.now() < otp.timestamp_expires else "expired"
    return KeptSms(
        to=sms.recipient,
        text=sms.text,
        code=otp.authorization_code,
        operation_id=sms.operation_id,
        timestamp=sms.timestamp,
        state=state,
        valid_until=otp.timestamp_expires,
    )
