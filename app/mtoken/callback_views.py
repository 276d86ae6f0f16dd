"""What is said and shown of callbacks; no secret is ever shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Literal

CallbackType = Literal["REGISTRATION_STATUS_CHANGE", "OPERATION_STATUS_CHANGE"]
REGISTRATION: Final = "REGISTRATION_STATUS_CHANGE"
OPERATION: Final = "OPERATION_STATUS_CHANGE"

ALWAYS: Final[Mapping[str, str]] = {REGISTRATION: "activationId", OPERATION: "operationId"}
"""What a call tells in any case, beside its type; it may be asked for all the same."""

ATTRIBUTES: Final[Mapping[str, Sequence[str]]] = {
    REGISTRATION: (
        "userId", "activationName", "deviceInfo", "platform", "protocol", "activationFlags",
        "activationStatus", "blockedReason", "applicationId",
    ),
    OPERATION: (
        "userId", "applications", "operationType", "parameters", "additionalData",
        "activationFlag", "status", "data", "failureCount", "maxFailureCount", "signatureType",
        "externalId", "timestampCreated", "timestampExpires", "timestampFinalized",
    ),
}  # fmt: skip
"""What else a call of each type can tell, in the order of the guide."""

RETENTION: Final = timedelta(days=30)
BACKOFF: Final = timedelta(seconds=2)


@dataclass(frozen=True)
class Basic:
    """HTTP Basic; without a password the one that is kept stays."""

    enabled: bool = False
    username: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class OAuth2:
    """OAuth 2 client credentials; without a secret the one that is kept stays."""

    enabled: bool = False
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    token_uri: str | None = None
    scope: str | None = None


@dataclass(frozen=True)
class CallbackWish:
    """A callback as somebody wants to have it."""

    name: str
    type: CallbackType
    url: str
    attributes: Sequence[str] = ()
    basic: Basic | None = None
    oauth2: OAuth2 | None = None
    signing_secret: str | None = field(default=None, repr=False)
    """None: as it is; empty: calls are not signed."""
    retention: timedelta = RETENTION
    backoff: timedelta = BACKOFF
    max_attempts: int = 1
    enabled: bool = True


@dataclass(frozen=True)
class Callback:
    """A callback as it is; of secrets only whether there are any."""

    id: str
    application_id: str
    name: str
    type: str
    url: str = field(repr=False)
    attributes: tuple[str, ...]
    basic: Basic
    has_password: bool
    oauth2: OAuth2
    has_client_secret: bool
    has_signing_secret: bool
    retention: timedelta
    backoff: timedelta
    max_attempts: int
    enabled: bool
