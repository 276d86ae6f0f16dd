"""What back ends of the second façade bring: access keys, and intents for one thing each."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.store.applications import APPLICATION
from app.store.db import Base
from app.store.users import USER


class AccessKeyRow(Base):
    """One key of one application; only its keyed hash is kept."""

    __tablename__ = "access_keys"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    """A UUID, the subject that an introspection tells."""
    application_id: Mapped[str] = mapped_column(ForeignKey(APPLICATION), index=True)
    name: Mapped[str] = mapped_column(String(256))
    """What its operator calls it."""
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class IntentRow(Base):
    """Leave to do one thing with one user, once, soon."""

    __tablename__ = "intents"
    __table_args__ = (CheckConstraint("operation IN ('enroll', 'approve')", name="operation"),)

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    application_id: Mapped[str] = mapped_column(ForeignKey(APPLICATION))
    user_row_id: Mapped[str] = mapped_column(ForeignKey(USER, ondelete="CASCADE"), index=True)
    operation: Mapped[str] = mapped_column(String(16))
    channels: Mapped[list[Any] | None]
    """Empty: any."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
