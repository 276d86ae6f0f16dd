"""Failures of one user, over all steps and flows."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.store.db import Base


class UserAttempts(Base):
    """Consecutive failures of one user name, whether or not anybody has it."""

    __tablename__ = "user_attempts"

    organization_id: Mapped[str] = mapped_column(String(256), primary_key=True)
    username: Mapped[str] = mapped_column(String(256), primary_key=True)
    counter: Mapped[str] = mapped_column(String(16), primary_key=True)
    """`code` or `password`: a right password alone forgives no wrong code."""
    failures: Mapped[int] = mapped_column(default=0)
    level: Mapped[int] = mapped_column(default=0)
    """How many blocks there were in a row; the next one lasts longer."""
    blocked_until: Mapped[datetime | None]
    updated_at: Mapped[datetime]
