"""Codes sent by SMS, in the table that the user's guide names, and codes that nobody gets."""

from datetime import datetime
from uuid import uuid4

from sqlalchemy import Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from app.store.db import Base

DECOY = "decoy-"
"""What the message id of a code that nobody gets begins with."""


class Message(Base):
    """One code of one step. Only the demo profile keeps the readable code, text and salt."""

    __abstract__ = True

    message_id: Mapped[str] = mapped_column(String(256), primary_key=True)
    operation_id: Mapped[str] = mapped_column(String(256), index=True)
    user_id: Mapped[str] = mapped_column(String(256))
    organization_id: Mapped[str | None] = mapped_column(String(256))
    operation_name: Mapped[str] = mapped_column(String(256))
    authorization_code: Mapped[str] = mapped_column(String(32), default="")
    salt: Mapped[bytes] = mapped_column(LargeBinary, default=b"")
    message_text: Mapped[str] = mapped_column(Text, default="")
    code_digest: Mapped[str] = mapped_column(String(64))
    """Keyed hash of message id and code: what an answer is judged against."""
    data_digest: Mapped[str] = mapped_column(String(64))
    """Keyed hash of what the code is bound to: operation, data, debit account."""
    verify_request_count: Mapped[int] = mapped_column(default=0)
    verified: Mapped[bool] = mapped_column(default=False)
    timestamp_created: Mapped[datetime] = mapped_column(index=True)
    timestamp_verified: Mapped[datetime | None]
    timestamp_expires: Mapped[datetime]
    timestamp_replaced: Mapped[datetime | None]

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[Index]:
        """Find the newest codes of one user: how many there were lately is limited."""
        return (Index(f"ix_{cls.__tablename__}_user", "user_id", "timestamp_created"),)


class SmsAuthorization(Message):
    """A code that was sent."""

    __tablename__ = "da_sms_authorization"


class SmsDecoy(Message):
    """A code that nobody gets: who cannot log in must cost what everybody costs, row by row.

    It stands apart, so that whoever reads the guide's table finds only what was sent.
    """

    __tablename__ = "sms_decoys"


def new_message_id(language: str, *, is_decoy: bool) -> str:
    """Name a message that is written in a language."""
    return f"{DECOY if is_decoy else ''}{uuid4()}.{language}"


def language_of(message_id: str) -> str | None:
    """Return the language in which a message was written; None if its name does not say."""
    return message_id.partition(".")[2] or None


def table_of(message_id: str) -> type[Message]:
    """Return where a message is kept, or would be."""
    return SmsDecoy if message_id.startswith(DECOY) else SmsAuthorization
