"""The inbox: messages that a bank leaves for its customers, and in which applications."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.store.db import Base

UNREAD = text("read_at IS NULL")


class InboxMessageRow(Base):
    """One message to one person, who need not have a phone yet."""

    __tablename__ = "inbox_messages"
    __table_args__ = (
        CheckConstraint("type IN ('text', 'html')", name="type"),
        Index("ix_inbox_messages_user", "user_id", "created_at", "id"),
        Index(
            "ix_inbox_messages_unread",
            "user_id",
            "read_at",  # or SQLite takes the other index, with all that was read
            "created_at",
            "id",
            sqlite_where=UNREAD,
            postgresql_where=UNREAD,
        ),
        Index("ix_inbox_messages_created", "created_at"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(256))
    """The bank's user id."""
    type: Mapped[str] = mapped_column(String(8))
    subject: Mapped[str] = mapped_column(String(255))
    summary: Mapped[str] = mapped_column(String(255))
    body: Mapped[str] = mapped_column(Text)
    """As the bank has written it: who shows HTML makes it safe."""
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    """The first time, on whichever phone."""


class InboxApplication(Base):
    """An application whose phones, and back ends, may see a message."""

    __tablename__ = "inbox_applications"

    message_id: Mapped[str] = mapped_column(
        ForeignKey("inbox_messages.id", ondelete="CASCADE"), primary_key=True
    )
    application_id: Mapped[str] = mapped_column(
        ForeignKey("mobile_applications.id"), primary_key=True
    )
