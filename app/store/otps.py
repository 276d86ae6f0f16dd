"""Codes sent by SMS, in the table that the user's guide names."""

from datetime import datetime

from sqlalchemy import LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.store.db import Base


class SmsAuthorization(Base):
    """One code of one step. Only the demo profile keeps the readable code, text and salt."""

    __tablename__ = "da_sms_authorization"

    message_id: Mapped[str] = mapped_column(String(256), primary_key=True)
    operation_id: Mapped[str] = mapped_column(String(256), index=True)
    user_id: Mapped[str] = mapped_column(String(256), index=True)
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
