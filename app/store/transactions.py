"""Transactions of the second façade: an operation of the core, and the tokens that lead to it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.store.applications import APPLICATION
from app.store.db import Base
from app.store.users import USER


class TransactionRow(Base):
    """What the façade knows of an operation; its status is the operation's."""

    __tablename__ = "transactions"
    __table_args__ = (
        CheckConstraint("purpose IN ('enroll', 'approve')", name="purpose"),
        CheckConstraint("channel IN ('app', 'push', 'sms', 'fido2')", name="channel"),
    )

    operation_id: Mapped[str] = mapped_column(
        ForeignKey("operations.id", ondelete="CASCADE"), primary_key=True
    )
    """The `transactionId`."""
    application_id: Mapped[str] = mapped_column(ForeignKey(APPLICATION))
    user_row_id: Mapped[str | None] = mapped_column(
        ForeignKey(USER, ondelete="CASCADE"), index=True
    )
    """Empty: whoever answers first."""
    purpose: Mapped[str] = mapped_column(String(16))
    channel: Mapped[str] = mapped_column(String(16))
    dispatch_digest: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Keyed hash of the token in link, QR code and push."""
    redeemed_at: Mapped[datetime | None]
    response_digest: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Keyed hash of what the app that has redeemed it answers with."""
    challenge: Mapped[str | None] = mapped_column(String(43), unique=True)
    """What a passkey signs, base64url: its answer names nothing else."""
    code_digest: Mapped[str | None] = mapped_column(String(64))
    """Keyed hash of a code in a text message."""
    phone_number_id: Mapped[str | None] = mapped_column(String(36))
    verified_at: Mapped[datetime | None]
    """When its token was introspected; it proves success once."""
