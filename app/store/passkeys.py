"""Passkeys: what FIDO2 needs to know of a registration besides its key."""

from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.store.db import Base
from app.store.registrations import REGISTRATION


class PasskeyRow(Base):
    """One credential of WebAuthn; its public key and its counter are the registration's."""

    __tablename__ = "passkeys"

    registration_id: Mapped[str] = mapped_column(
        ForeignKey(REGISTRATION, ondelete="CASCADE"), primary_key=True
    )
    credential_id: Mapped[str] = mapped_column(String(1400), unique=True)
    """Base64url without padding; up to 1,023 bytes (WebAuthn, 4)."""
    aaguid: Mapped[str] = mapped_column(String(36))
    """The model of the authenticator, a UUID; zeros: it does not tell."""
    attestation_format: Mapped[str] = mapped_column(String(32))
    transports: Mapped[list[Any]]
    is_backed_up: Mapped[bool]
    """Whether it is copied to other devices of its owner."""
