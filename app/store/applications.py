"""Applications: the bank's apps on phones, with their keys, and what is set for each."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.store.db import Base

APPLICATION = "mobile_applications.id"


class MobileApplication(Base):
    """One app. Its key, its secret and our public key are built into it."""

    __tablename__ = "mobile_applications"

    id: Mapped[str] = mapped_column(String(256), primary_key=True)
    name: Mapped[str] = mapped_column(String(256))
    application_key: Mapped[str] = mapped_column(String(24), unique=True)
    """16 bytes in Base64: which app calls."""
    secret_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """The application's secret, a Base64 text."""
    master_key_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """Our private key of this application."""
    master_public: Mapped[bytes] = mapped_column(LargeBinary)
    """Its point, 65 bytes."""
    created_at: Mapped[datetime]


class PushCredentialsRow(Base):
    """What lets us push to an application by one provider."""

    __tablename__ = "push_credentials"
    __table_args__ = (
        UniqueConstraint("application_id", "provider"),
        CheckConstraint("provider IN ('apns', 'fcm', 'hms')", name="provider"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    application_id: Mapped[str] = mapped_column(
        ForeignKey("mobile_applications.id", ondelete="CASCADE")
    )
    provider: Mapped[str] = mapped_column(String(8))
    facts: Mapped[dict[str, Any]]
    """What may be shown, e.g. `topic` and `key_id`."""
    secret_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """The private key or client secret."""
    changed_at: Mapped[datetime]


class ApplicationRole(Base):
    """A role that an application has."""

    __tablename__ = "application_roles"

    application_id: Mapped[str] = mapped_column(
        ForeignKey(APPLICATION, ondelete="CASCADE"), primary_key=True
    )
    role: Mapped[str] = mapped_column(String(256), primary_key=True)


class ApplicationSetting(Base):
    """What one key of an application's configuration is set to."""

    __tablename__ = "application_configuration"
    __table_args__ = (UniqueConstraint("application_id", "key"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    application_id: Mapped[str] = mapped_column(ForeignKey(APPLICATION, ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(64))
    values_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """A JSON list; some have secrets in it."""
