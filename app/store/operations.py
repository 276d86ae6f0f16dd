"""Operations: what phones are asked to sign, in which applications, and what became of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.store.db import Base

SMS = "sms"
"""The kind of operations that no registration signs: whoever has the code approves."""


class OperationRow(Base):
    """One thing that a phone is asked to sign; its status is nobody else's to keep."""

    __tablename__ = "operations"
    __table_args__ = (
        CheckConstraint(
            "status IN ('PENDING', 'APPROVED', 'REJECTED', 'FAILED', 'CANCELED', 'EXPIRED')",
            name="status",
        ),
        CheckConstraint("(status = 'PENDING') = (finished_at IS NULL)", name="finished"),
        CheckConstraint("failures >= 0 AND failures <= max_failures", name="failures"),
        CheckConstraint("status <> 'PENDING' OR failures < max_failures", name="spent"),
        CheckConstraint("status <> 'APPROVED' OR user_id IS NOT NULL", name="owned"),
        CheckConstraint("expires_at > created_at", name="lifetime"),
        Index("ix_operations_user", "user_id", "created_at"),
        Index("ix_operations_due", "status", "expires_at"),
    )

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    """Number of its newest history row; grows with each change."""
    user_id: Mapped[str | None] = mapped_column(String(256))
    """Empty: whoever claims it first."""
    kind: Mapped[str] = mapped_column(String(16), default="powerauth")
    """Which kind of registration may sign it; `sms`: whoever has the code."""
    registration_id: Mapped[str | None] = mapped_column(String(64))
    """The only phone that may sign it; empty: any phone of the user."""
    flag: Mapped[str | None] = mapped_column(String(256))
    """Only registrations with this flag see it."""
    external_id: Mapped[str | None] = mapped_column(String(256), index=True)

    template: Mapped[str] = mapped_column(String(256))
    operation_type: Mapped[str] = mapped_column(String(256))
    data: Mapped[str] = mapped_column(Text)
    """The canonical string that is signed, byte for byte."""
    form_data: Mapped[dict[str, Any]]
    parameters: Mapped[dict[str, Any]]
    factors: Mapped[list[Any]]
    """Types of signature that approve it."""
    risk_flags: Mapped[str] = mapped_column(String(16), default="")
    ui: Mapped[dict[str, Any] | None]
    texts: Mapped[dict[str, Any] | None]
    """What the template says in each language, with the parameters in it; empty: as we say it."""
    language: Mapped[str] = mapped_column(String(16))
    """Of the first push; the app shows its own."""
    silent: Mapped[bool] = mapped_column(default=False)
    proximity_seed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Sealed; the one-time password on the page follows from it."""

    status: Mapped[str] = mapped_column(String(16), default="PENDING")
    status_reason: Mapped[str | None] = mapped_column(String(32))
    failures: Mapped[int] = mapped_column(default=0)
    max_failures: Mapped[int]
    additional_data: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class OperationApplication(Base):
    """An application whose phones may see an operation."""

    __tablename__ = "operation_applications"

    operation_id: Mapped[str] = mapped_column(
        ForeignKey("operations.id", ondelete="CASCADE"), primary_key=True
    )
    application_id: Mapped[str] = mapped_column(
        ForeignKey("mobile_applications.id"), primary_key=True
    )


class OperationRecord(Base):
    """One change of an operation; its key lets each version be told once."""

    __tablename__ = "operation_history"

    operation_id: Mapped[str] = mapped_column(
        ForeignKey("operations.id", ondelete="CASCADE"), primary_key=True
    )
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    event: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(16))
    failures: Mapped[int]
    reason: Mapped[str | None] = mapped_column(String(256))
    registration_id: Mapped[str | None] = mapped_column(String(64))
    """Whose phone did it."""
    created_at: Mapped[datetime]


class OperationTemplateRow(Base):
    """One kind of operation, as an administrator has set it."""

    __tablename__ = "operation_templates"
    __table_args__ = (
        CheckConstraint("lifetime > 0", name="lifetime"),
        CheckConstraint("max_failures > 0", name="failures"),
    )

    name: Mapped[str] = mapped_column(String(256), primary_key=True)
    operation_type: Mapped[str] = mapped_column(String(256))
    data: Mapped[str] = mapped_column(Text)
    """The canonical string, with `${name}` where a parameter stands."""
    factors: Mapped[list[Any]]
    lifetime: Mapped[int]
    """Seconds."""
    max_failures: Mapped[int]
    risk_flags: Mapped[str] = mapped_column(String(16), default="")
    proximity_check: Mapped[bool] = mapped_column(default=False)
    ui: Mapped[dict[str, Any] | None]
    texts: Mapped[dict[str, Any]]
    """By language."""
