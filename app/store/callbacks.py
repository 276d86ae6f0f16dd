"""Callbacks: where an application's integrator wants to hear of changes, and how it goes."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.store.db import Base


class CallbackRow(Base):
    """One address that is told of changes of operations or of registrations."""

    __tablename__ = "callbacks"
    __table_args__ = (
        CheckConstraint(
            "type IN ('REGISTRATION_STATUS_CHANGE', 'OPERATION_STATUS_CHANGE')", name="type"
        ),
        CheckConstraint("max_attempts >= 0 AND failures >= 0", name="counts"),
        Index("ix_callbacks_interested", "application_id", "type"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    application_id: Mapped[str] = mapped_column(ForeignKey("mobile_applications.id"))
    name: Mapped[str] = mapped_column(String(256))
    type: Mapped[str] = mapped_column(String(32))
    url: Mapped[str] = mapped_column(String(2048))
    attributes: Mapped[list[Any]]
    """What is told beside the type and the id."""
    enabled: Mapped[bool] = mapped_column(default=True)

    basic_enabled: Mapped[bool] = mapped_column(default=False)
    basic_username: Mapped[str | None] = mapped_column(String(256))
    basic_password_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    oauth2_enabled: Mapped[bool] = mapped_column(default=False)
    oauth2_client_id: Mapped[str | None] = mapped_column(String(256))
    oauth2_secret_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    oauth2_token_uri: Mapped[str | None] = mapped_column(String(2048))
    oauth2_scope: Mapped[str | None] = mapped_column(String(1024))
    signing_secret_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """What each call is signed with, so that the receiver knows it for ours."""

    retention_seconds: Mapped[int]
    """How long a finished event is kept."""
    backoff_ms: Mapped[int]
    """The first wait after a failure; later ones grow."""
    max_attempts: Mapped[int]

    failures: Mapped[int] = mapped_column(default=0)
    """Attempts in a row that have failed: too many, and the circuit is open."""
    failed_at: Mapped[datetime | None]
    """When the last of them did, or when somebody went to look whether it works again."""
    created_at: Mapped[datetime]
