"""What the testers' page shows: pushes that never left the house."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.channels.base import Push
from app.store.testers import DemoPush

SHOWN = 100


@dataclass(frozen=True)
class KeptPush:
    """One kept push; a silent one has neither title nor text."""

    platform: str
    registration_id: str
    token: str
    title: str
    text: str
    extras: Mapping[str, str]
    operation_id: str
    timestamp: datetime


class KeptPushes:
    """Keeps and reads the demo channel's pushes."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def keep(self, message: Push) -> None:
        """Keep a push instead of sending it; once, however often it is delivered."""
        if self._session.get(DemoPush, message.reference) is None:
            self._session.add(
                DemoPush(
                    id=message.reference,
                    platform=message.platform,
                    registration_id=message.registration_id,
                    token=message.token,
                    title=message.title,
                    text=message.text,
                    extras=dict(message.extras),
                    operation_id=message.operation_id,
                    timestamp=clock.now(),
                )
            )

    def messages(self) -> Sequence[KeptPush]:
        """Return the newest pushes, newest first."""
        newest = select(DemoPush).order_by(DemoPush.timestamp.desc(), DemoPush.id).limit(SHOWN)
        return [
            KeptPush(
                platform=row.platform,
                registration_id=row.registration_id,
                token=row.token,
                title=row.title,
                text=row.text,
                extras=row.extras,
                operation_id=row.operation_id,
                timestamp=row.timestamp,
            )
            for row in self._session.scalars(newest)
        ]
