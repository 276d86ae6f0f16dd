"""What doors hand in and get to see of operations; plain values, no table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from app.crypto.signatures import SignatureType
from app.nextstep.form_data import FormData


@dataclass(frozen=True)
class NewOperation:
    """What is to be signed.

    The portal hands in `data` and `form_data` as they are; integrators hand in `parameters`,
    and the template makes both.
    """

    template: str
    applications: Sequence[str]
    user_id: str | None = None
    """Empty: whoever claims it first."""
    data: str | None = None
    form_data: Mapping[str, object] | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    language: str = "en"
    expires_at: datetime | None = None
    """Empty: as the template says; the portal's operation never outlives its flow."""
    external_id: str | None = None
    kind: str = "powerauth"
    """Which kind of registration may sign it."""
    registration_id: str | None = None
    flag: str | None = None
    proximity_check: bool | None = None
    """Empty: as the template says."""
    silent: bool = False
    factors: tuple[SignatureType, ...] | None = None
    """Empty: as the template says."""
    additional_data: Mapping[str, object] = field(default_factory=dict)
    needs_phone: bool = False
    """Whether its user, or the registration, must have a phone that could sign it now."""
    notice: "Notice | None" = None
    """Empty: the push says what the template says."""


@dataclass(frozen=True)
class Notice:
    """What the push of an operation says and carries."""

    text: str = ""
    """Empty: as the template says."""
    extras: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Operation:
    """An operation as it is at this moment: its time may be over before anybody noted it."""

    id: str
    user_id: str | None
    kind: str
    """Which kind of registration may sign it."""
    registration_id: str | None
    applications: Sequence[str]
    template: str
    operation_type: str
    data: str
    form: FormData
    parameters: Mapping[str, str]
    factors: Sequence[SignatureType]
    risk_flags: str
    ui: Mapping[str, object] | None
    texts: Mapping[str, object] | None
    """What its template says in each language; see `wording.spoken`."""
    status: str
    status_reason: str | None
    failures: int
    max_failures: int
    external_id: str | None
    additional_data: Mapping[str, object]
    needs_proximity: bool
    created_at: datetime
    expires_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True)
class OperationSearch:
    """Which operations are wanted; None: whatever it is."""

    user_id: str | None = None
    external_id: str | None = None
    offset: int = 0
    limit: int | None = None


@dataclass(frozen=True)
class Handset:
    """The phone that asks: one registration that proved itself a moment ago."""

    registration_id: str
    user_id: str
    application_id: str
    flags: frozenset[str] = frozenset()
    kind: str = "powerauth"


@dataclass(frozen=True)
class Origin:
    """Where a call came from, as integrators read it in the additional data."""

    ip_address: str = ""
    user_agent: str = ""


@dataclass(frozen=True)
class Approval:
    """What a phone has signed."""

    handset: Handset
    operation_id: str
    factor: SignatureType
    data: str
    proximity_otp: str | None = None
    mobile_token_data: Mapping[str, object] | None = None
    origin: Origin = Origin()


class Refusal(StrEnum):
    """Why a phone does not get what it asks for."""

    UNKNOWN = "unknown"
    """There is no such operation, or it is not this phone's."""
    FINISHED = "finished"
    FAILED = "failed"
    CANCELED = "canceled"
    EXPIRED = "expired"
    ATTEMPT_FAILED = "attempt_failed"
    """Counted; the operation is still waiting."""
    FACTOR_NOT_ALLOWED = "factor_not_allowed"
    """Counted, too."""
    NOT_VERIFIED = "not_verified"
    """The customer's identity is still being verified; nothing is counted."""
