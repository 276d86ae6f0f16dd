"""Users of an instance of the second façade, their telephone numbers and recovery codes."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.store.applications import APPLICATION
from app.store.db import Base

USER = "users.id"


class UserRow(Base):
    """One person in one application: what integrators call them, and what the bank does."""

    __tablename__ = "users"
    __table_args__ = (
        UniqueConstraint("application_id", "username"),
        UniqueConstraint("application_id", "user_id"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    """A UUID, the `userId` of the façade."""
    application_id: Mapped[str] = mapped_column(ForeignKey(APPLICATION))
    username: Mapped[str | None] = mapped_column(String(300))
    user_id: Mapped[str] = mapped_column(String(256))
    """The bank's user id, whose the registrations and operations are."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class PhoneNumberRow(Base):
    """A telephone number; it counts once its owner has sent back a code."""

    __tablename__ = "phone_numbers"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    user_row_id: Mapped[str] = mapped_column(ForeignKey(USER, ondelete="CASCADE"), index=True)
    number_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]


class RecoveryCodeRow(Base):
    """One code on paper, for who has lost everything else; it works once."""

    __tablename__ = "recovery_codes"
    __table_args__ = (CheckConstraint("length(digest) = 64", name="digest"),)

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Keyed hash of user and code."""
    user_row_id: Mapped[str] = mapped_column(ForeignKey(USER, ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
