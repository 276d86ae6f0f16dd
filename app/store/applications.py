"""Applications: the bank's apps on phones, with the keys that a phone of each is registered by."""

from datetime import datetime

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.store.db import Base


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
