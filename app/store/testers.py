"""What testers may read; written in the demo profile only."""

from datetime import datetime
from typing import Any

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.store.db import Base


class DemoClock(Base):
    """How far testers have moved the clock; one row."""

    __tablename__ = "demo_clock"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    offset_seconds: Mapped[float]


class DemoSms(Base):
    """A text message that the demo channel kept instead of sending."""

    __tablename__ = "demo_sms"

    message_id: Mapped[str] = mapped_column(String(256), primary_key=True)
    recipient: Mapped[str] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(Text)
    operation_id: Mapped[str] = mapped_column(String(256))
    timestamp: Mapped[datetime] = mapped_column(index=True)


class DemoPush(Base):
    """A push message that the demo channel kept instead of sending."""

    __tablename__ = "demo_push"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    platform: Mapped[str] = mapped_column(String(16))
    registration_id: Mapped[str] = mapped_column(String(64))
    token: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    extras: Mapped[dict[str, Any]]
    operation_id: Mapped[str] = mapped_column(String(64))
    timestamp: Mapped[datetime] = mapped_column(index=True)
