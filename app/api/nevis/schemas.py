"""Messages that the calls of the second façade share, and those of tokens."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from app.api.kit import Schema, example
from app.mtoken.transaction_views import Progress
from app.mtoken.users import Customer

Username = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9_\-.@]{1,300}$")]
Id = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Token = Annotated[str, StringConstraints(min_length=1, max_length=4096)]

STATUSES: dict[str, Literal["pending", "succeeded"]] = {
    "PENDING": "pending",
    "APPROVED": "succeeded",
}
"""Status of an operation → status of a transaction; else it failed."""


class OneError(Schema):
    """What went wrong: `code` for programs, `message` for people."""

    code: str
    message: str


class ErrorsAnswer(Schema):
    """The one shape of every refusal."""

    model_config = example(
        {"errors": [{"code": "username.invalid", "message": "Not a name of a user."}]}
    )

    errors: list[OneError]


class QrCode(Schema):
    """A picture of the link, for a page that is shown beside the phone."""

    type: Literal["image/png"]
    size: int
    """Width and height in pixels."""
    data_uri: str


class Named(Schema):
    """Whose it is: by the name that the integrator has given, or by our id."""

    username: Username | None = None
    user_id: Id | None = None

    @model_validator(mode="after")
    def _once(self) -> Self:
        if self.username is not None and self.user_id is not None:
            raise ValueError("username or userId, not both")
        return self


class Begun(Schema):
    """How to follow a transaction."""

    transaction_id: str
    status_token: str


class AppBegun(Begun):
    """How to follow a transaction, and how an app is led to it."""

    qr_code: QrCode
    app_link_uri: str


class StatusRequest(Schema):
    """Which transaction; whoever has its status token may ask."""

    model_config = example({"statusToken": "eyJhbGciOiJIUzUxMiJ9.…"})

    status_token: Token


class StatusAnswer(Schema):
    """How a transaction stands."""

    transaction_id: str | None = None
    status: Literal["pending", "succeeded", "failed", "unknown"]
    user_id: str | None = None
    username: str | None = None
    token: str | None = None
    """To be introspected; it proves success once, and nothing in any other state."""
    created_at: str | None = None
    last_updated_at: str | None = None

    @classmethod
    def of(cls, progress: Progress, token: str) -> Self:
        """Present a transaction."""
        known = {"user_id": progress.customer_id, "username": progress.username}
        return cls(
            transaction_id=progress.operation_id,
            status=STATUSES.get(progress.status, "failed"),
            token=token,
            created_at=seconds(progress.created_at),
            last_updated_at=seconds(progress.changed_at),
            **{name: value for name, value in known.items() if value is not None},
        )


class IntrospectionRequest(Schema):
    """Which token is to be judged."""

    model_config = example({"token": "eyJhbGciOiJIUzUxMiJ9.…"})

    token: Token


class IntrospectionAnswer(Schema):
    """What a token is worth at this moment (RFC 7662); `iat` in milliseconds."""

    active: bool
    iat: int | None = None
    sub: str | None = None
    aud: str | None = None
    iss: str | None = None
    transaction_id: str | None = None
    status: str | None = None


class IntentRequest(Named):
    """What an intent token is to be good for, once."""

    model_config = example({"username": "u12345", "operation": "approve", "channels": ["app"]})

    operation: Literal["enroll", "approve"]
    channels: list[Literal["app", "push", "sms", "fido2", "recovery"]] | None = Field(
        default=None, min_length=1
    )

    @model_validator(mode="after")
    def _of_somebody(self) -> Self:
        if self.username is None and self.user_id is None:
            raise ValueError("username or userId is needed")
        return self


class IntentAnswer(Schema):
    """A token that replaces the access key once."""

    token: str


def whose(customer: Customer) -> dict[str, str]:
    """Return how a user is named."""
    named = {"user_id": customer.id}
    return named if customer.username is None else {**named, "username": customer.username}


def seconds(moment: datetime) -> str:
    """Write a moment as the status does."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def microseconds(moment: datetime) -> str:
    """Write a moment as users have it."""
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
