"""Registrations: one phone or key of one user each, its history, tokens and push address."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.store.db import Base

REGISTRATION = "registrations.id"
POWERAUTH, APP, FIDO2 = "powerauth", "app", "fido2"


class Registration(Base):
    """One phone, or one security key, bound to one user; the protocol says activation.

    A phone of the PowerAuth protocol shares keys and a counter with us. An app of the second
    façade (`app`) and a passkey (`fido2`) have a public key alone: they sign.
    """

    __tablename__ = "registrations"
    __table_args__ = (
        CheckConstraint(
            "state IN ('CREATED', 'PENDING_COMMIT', 'ACTIVE', 'BLOCKED', 'REMOVED')", name="state"
        ),
        CheckConstraint("commit_phase IN ('ON_COMMIT', 'ON_KEY_EXCHANGE')", name="commit_phase"),
        CheckConstraint("counter >= 0", name="counter"),
        CheckConstraint(
            "failed_attempts >= 0 AND failed_attempts <= max_failed_attempts", name="attempts"
        ),
        CheckConstraint("(state = 'BLOCKED') = (blocked_reason IS NOT NULL)", name="blocked"),
        CheckConstraint("kind IN ('powerauth', 'app', 'fido2')", name="kind"),
        CheckConstraint(
            "state IN ('CREATED', 'REMOVED') OR device_public IS NOT NULL AND "
            "(kind <> 'powerauth' OR keys_sealed IS NOT NULL AND counter_data_sealed IS NOT NULL)",
            name="keys",
        ),
        CheckConstraint(
            "kind <> 'powerauth' OR server_key_sealed IS NOT NULL AND server_public IS NOT NULL",
            name="server_key",
        ),
        Index("ix_registrations_user", "user_id", "application_id", "state"),
        Index("ix_registrations_expiry", "state", "expires_at"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    """A UUID, the activation id of the protocol."""
    application_id: Mapped[str] = mapped_column(ForeignKey("mobile_applications.id"), index=True)
    user_id: Mapped[str] = mapped_column(String(256))
    """The bank's user id."""
    kind: Mapped[str] = mapped_column(String(16), default=POWERAUTH)
    """By what protocol it proves itself; what is to be signed is asked of one kind."""
    state: Mapped[str] = mapped_column(String(16))
    commit_phase: Mapped[str] = mapped_column(String(16))
    """When it becomes ACTIVE, and when its one-time password is asked for."""
    version: Mapped[str] = mapped_column(String(8), default="")
    """The version of the protocol that the phone was registered by, e.g. 3.3."""

    code_digest: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Keyed hash of the activation code, until a phone has used it."""
    code_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    otp_digest: Mapped[str | None] = mapped_column(String(64))
    """Keyed hash of the one-time password that a person has to know besides."""

    server_key_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Our private key of this registration; PowerAuth alone has one."""
    server_public: Mapped[bytes | None] = mapped_column(LargeBinary)
    device_public: Mapped[bytes | None] = mapped_column(LargeBinary)
    """A point of P-256, 65 bytes; of a passkey the COSE key."""
    keys_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The symmetric keys that both sides have derived."""
    counter: Mapped[int] = mapped_column(default=0)
    """Number of the next code in the hash chain, or what a passkey counted; never goes back."""
    counter_data_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The chain's 16 bytes at that place (the protocol says CTR_DATA)."""
    failed_attempts: Mapped[int] = mapped_column(default=0)
    max_failed_attempts: Mapped[int]
    blocked_reason: Mapped[str | None] = mapped_column(String(256))

    flags: Mapped[list[Any]]
    name: Mapped[str | None] = mapped_column(String(256))
    """As its person calls the phone."""
    platform: Mapped[str | None] = mapped_column(String(16))
    device_info: Mapped[str | None] = mapped_column(String(256))
    extras: Mapped[str | None] = mapped_column(String(256))

    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    """The end, if it has not become ACTIVE until then."""
    changed_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]


class RegistrationRecord(Base):
    """One change of a registration's state, in order."""

    __tablename__ = "registration_history"

    registration_id: Mapped[str] = mapped_column(
        ForeignKey(REGISTRATION, ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(256), default="")
    external_user_id: Mapped[str | None] = mapped_column(String(256))
    """Whoever a back end says has done it."""
    created_at: Mapped[datetime]


class RegistrationToken(Base):
    """What a phone asks with again and again, without its person."""

    __tablename__ = "registration_tokens"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    registration_id: Mapped[str] = mapped_column(
        ForeignKey(REGISTRATION, ondelete="CASCADE"), index=True
    )
    secret_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    kind: Mapped[str] = mapped_column(String(32))
    """The type of the signature that it was made with, e.g. `possession`."""
    created_at: Mapped[datetime]


class PushDevice(Base):
    """Where a phone is reached; the address is sealed, and belongs to one registration."""

    __tablename__ = "push_devices"
    __table_args__ = (CheckConstraint("platform IN ('apns', 'fcm', 'hms')", name="platform"),)

    registration_id: Mapped[str] = mapped_column(
        ForeignKey(REGISTRATION, ondelete="CASCADE"), primary_key=True
    )
    platform: Mapped[str] = mapped_column(String(8))
    environment: Mapped[str | None] = mapped_column(String(16))
    """`development` or `production`; APNs alone knows the difference."""
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    """Keyed hash of application and push token: one address, one registration."""
    token_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
