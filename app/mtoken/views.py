"""What is said and shown of a registration; façades dress it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from app.crypto import activation_code

CommitPhase = Literal["ON_COMMIT", "ON_KEY_EXCHANGE"]


@dataclass(frozen=True)
class Wish:
    """What a back end may say of a new registration; None leaves it to the settings."""

    user_id: str
    application_id: str
    commit_phase: CommitPhase = "ON_COMMIT"
    otp: str | None = field(default=None, repr=False)
    """Asked for in the phase in which the registration becomes ACTIVE."""
    expires_at: datetime | None = None
    max_failed_attempts: int | None = None
    flags: Sequence[str] = ()
    by: str | None = None
    is_alone: bool = False
    """Whether it is refused while the user has another one there that is not finished."""


@dataclass(frozen=True)
class Search:
    """Which registrations are wanted; None: whatever it is."""

    user_id: str | None = None
    application_id: str | None = None
    registration_id: str | None = None
    with_removed: bool = False
    offset: int = 0
    limit: int | None = None


@dataclass(frozen=True)
class Moved:
    """One change of a registration's state."""

    number: int
    state: str
    reason: str
    external_user_id: str | None
    """Whoever a back end says has done it."""
    created_at: datetime


@dataclass(frozen=True)
class Code:
    """What a new phone needs; shown while no phone has used it."""

    code: str = field(repr=False)
    signature: str

    @property
    def qr_text(self) -> str:
        """What its QR code says."""
        return activation_code.qr_text(self.code, self.signature)


@dataclass(frozen=True)
class Shown:
    """What is told of a registration; no secret but the code."""

    id: str
    application_id: str
    user_id: str
    kind: str
    """`powerauth`; `app` or `fido2` for one that has a public key alone."""
    state: str
    commit_phase: str
    code: Code | None
    fingerprint: str | None
    """Eight digits that the phone shows, too, once it has exchanged keys."""
    version: str
    name: str | None
    platform: str | None
    device_info: str | None
    extras: str | None
    flags: tuple[str, ...]
    failed_attempts: int
    max_failed_attempts: int
    blocked_reason: str | None
    created_at: datetime
    expires_at: datetime
    changed_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True)
class Phone:
    """A phone that may sign, as its owner knows it."""

    registration_id: str
    name: str
    """Empty where neither its owner nor its app has called it anything."""
    last_used_at: datetime | None
