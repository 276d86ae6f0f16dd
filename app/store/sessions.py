"""Browsers that hold a flow."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.store.db import Base


class Browser(Base):
    """One browser, recognised by a random cookie that is stored as a keyed hash."""

    __tablename__ = "browsers"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(index=True)
