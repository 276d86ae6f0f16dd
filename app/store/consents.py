"""What customers agreed to."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.store.db import Base


class GivenConsent(Base):
    """The text and the options as shown, their language, and what was chosen: evidence."""

    __tablename__ = "given_consents"

    flow_id: Mapped[str] = mapped_column(ForeignKey("flows.id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(256), index=True)
    client_id: Mapped[str | None] = mapped_column(String(256), index=True)
    language: Mapped[str] = mapped_column(String(16))
    html: Mapped[str] = mapped_column(Text)
    options: Mapped[list[Any]]
    """Each option as `{id, html, chosen}`."""
    created_at: Mapped[datetime]
