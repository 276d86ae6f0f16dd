"""What end-to-end encryption leaves behind: keys that live minutes, and what was used once."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.store.db import Base


class TemporaryKeyRow(Base):
    """A key that requests of one app, or of one registration, are encrypted for."""

    __tablename__ = "temporary_keys"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    application_id: Mapped[str] = mapped_column(
        ForeignKey("mobile_applications.id", ondelete="CASCADE")
    )
    registration_id: Mapped[str | None] = mapped_column(
        ForeignKey("registrations.id", ondelete="CASCADE"), index=True
    )
    """None in the scope of an application."""
    private_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class UsedValue(Base):
    """What no second request may repeat, as a keyed hash, while a repetition could be believed."""

    __tablename__ = "used_values"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
