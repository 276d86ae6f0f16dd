"""The audit trail: what happened, who did it, and a chain of hashes over it.

Nothing here is ever changed or deleted; the database refuses it as well (migration 0004).
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.store.db import Base

# SQLite counts only in columns of the type INTEGER.
Number = BigInteger().with_variant(Integer, "sqlite")


class AuditEntry(Base):
    """One fact, written in the transaction that made it one."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    name: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(256), index=True)
    """What it is about: an operation, a client, a key, …"""
    actor: Mapped[str] = mapped_column(String(300))
    """Who did it: `browser:…`, `client:…`, `system:…`, `phone:…`, `operator:…`, `worker`,
    `anonymous`."""
    client_id: Mapped[str | None] = mapped_column(String(256))
    user_id: Mapped[str | None] = mapped_column(String(256), index=True)
    request: Mapped[str | None] = mapped_column(String(64))
    """The reference that error pages show and log lines carry."""
    facts: Mapped[dict[str, Any]]


class AuditLink(Base):
    """One link of the chain: the place of an entry, and the hash over it and all before it."""

    __tablename__ = "audit_chain"

    position: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    """1, 2, 3, … without a gap: of two processes that seal at once, one fails and tries later."""
    entry_id: Mapped[int] = mapped_column(ForeignKey("audit.id"), unique=True)
    hash: Mapped[str] = mapped_column(String(64))
