"""Messages about callbacks."""

from datetime import timedelta
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, ValidationInfo, field_validator

from app.api.cloud.schemas import NULLABLE, Lasting, Name, Switch, Text
from app.api.kit import Schema, example
from app.mtoken.callback_views import (
    ALWAYS,
    ATTRIBUTES,
    BACKOFF,
    RETENTION,
    Basic,
    Callback,
    CallbackType,
    CallbackWish,
    OAuth2,
)

Secret = Annotated[str, Field(min_length=1, max_length=1024)]
Url = Annotated[str, Field(min_length=1, max_length=4096)]
Attributes = Annotated[list[str], Field(max_length=64), NULLABLE]
Retention = Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(days=3650)), NULLABLE]
Backoff = Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(hours=1)), NULLABLE]
Attempts = Annotated[int, Field(ge=0, le=1000), NULLABLE]
SigningSecret = Annotated[
    str,
    Field(
        pattern=r"^(whsec_([A-Za-z0-9+/]{4}){8,85}([A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?)?$"
    ),
]


class HttpBasicRequest(Schema):
    """HTTP Basic; without `password` the one that is kept stays."""

    enabled: Switch = False
    username: Annotated[str, Field(max_length=256, pattern=r"^[^:]*$")] | None = None
    password: Secret | None = None


class OAuth2Request(Schema):
    """OAuth 2 client credentials; without `clientSecret` the one that is kept stays."""

    enabled: Switch = False
    client_id: Text | None = None
    client_secret: Secret | None = None
    token_uri: Url | None = None
    scope: Annotated[str, Field(max_length=1024)] | None = None


class AuthenticationRequest(Schema):
    """How a callback proves that it is ours; OAuth 2 wins."""

    http_basic: HttpBasicRequest | None = None
    oauth2: Annotated[OAuth2Request | None, Field(alias="oauth2")] = None


class CallbackRequest(Schema):
    """A callback as it is to be."""

    model_config = example(
        {
            "name": "operations",
            "type": "OPERATION_STATUS_CHANGE",
            "callbackUrl": "https://bank.example/callbacks",
            "attributes": ["userId", "status"],
        }
    )

    name: Name
    type: CallbackType
    callback_url: Url
    attributes: Attributes = Field(default_factory=list)
    """What is told beside the type and the id."""
    authentication: AuthenticationRequest | None = None
    retention_period: Retention = RETENTION
    """How long a finished event is kept; ISO 8601."""
    initial_backoff: Backoff = BACKOFF
    """The first wait after a failure; ISO 8601."""
    max_attempts: Attempts = 1
    """With 0 it is not called at all."""
    enabled: Switch = True
    signing_secret: SigningSecret | None = None
    """`whsec_` and Base64, as Standard Webhooks have it; empty: calls are not signed."""

    @field_validator("attributes")
    @classmethod
    def _known(cls, value: list[str], info: ValidationInfo) -> list[str]:
        kind = info.data.get("type")
        if kind is None:  # that is told by itself
            return value
        known = {ALWAYS[kind], *ATTRIBUTES[kind]}
        if unknown := sorted(set(value) - known):
            raise ValueError(f"unknown: {', '.join(each[:64] for each in unknown[:8])}")
        return value

    def wish(self) -> CallbackWish:
        """Return what is wanted."""
        given = self.authentication or AuthenticationRequest()
        return CallbackWish(
            name=self.name,
            type=self.type,
            url=self.callback_url,
            attributes=self.attributes,
            basic=Basic(**dict(given.http_basic)) if given.http_basic else None,
            oauth2=OAuth2(**dict(given.oauth2)) if given.oauth2 else None,
            signing_secret=self.signing_secret,
            retention=self.retention_period,
            backoff=self.initial_backoff,
            max_attempts=self.max_attempts,
            enabled=self.enabled,
        )


class HttpBasic(Schema):
    """HTTP Basic; the password is not told."""

    enabled: bool
    username: str | None = None
    password_set: bool


class OAuth2Client(Schema):
    """OAuth 2 client credentials; the secret is not told."""

    enabled: bool
    client_id: str | None = None
    client_secret_set: bool
    token_uri: str | None = None
    scope: str | None = None


class Authentication(Schema):
    """How a callback proves that it is ours."""

    http_basic: HttpBasic
    oauth2: Annotated[OAuth2Client, Field(alias="oauth2")]


class CallbackDetail(Schema):
    """A callback as it is."""

    application_id: str
    callback_id: str
    name: str
    type: CallbackType
    callback_url: str
    attributes: list[str]
    authentication: Authentication
    retention_period: Lasting
    initial_backoff: Lasting
    max_attempts: int
    enabled: bool | None = None
    """Told where it is not."""
    signing_secret_set: bool | None = None
    """Told where it is."""

    @classmethod
    def of(cls, callback: Callback) -> Self:
        """Present a callback."""
        basic, oauth2 = callback.basic, callback.oauth2
        return cls.model_validate(
            {
                "application_id": callback.application_id,
                "callback_id": callback.id,
                "name": callback.name,
                "type": callback.type,
                "callback_url": callback.url,
                "attributes": callback.attributes,
                "authentication": Authentication(
                    http_basic=HttpBasic(
                        enabled=basic.enabled,
                        username=basic.username,
                        password_set=callback.has_password,
                    ),
                    oauth2=OAuth2Client(
                        enabled=oauth2.enabled,
                        client_id=oauth2.client_id,
                        client_secret_set=callback.has_client_secret,
                        token_uri=oauth2.token_uri,
                        scope=oauth2.scope,
                    ),
                ),
                "retention_period": callback.retention,
                "initial_backoff": callback.backoff,
                "max_attempts": callback.max_attempts,
                "enabled": None if callback.enabled else False,
                "signing_secret_set": callback.has_signing_secret or None,
            }
        )


class CallbackList(Schema):
    """All callbacks of an application, the oldest first."""

    callbacks: list[CallbackDetail]


class OperationCallbackRequest(Schema):
    """Which operation has changed."""

    model_config = example({"operationId": "7c1e9f52-3a0d-4a8e-9b61-5d2f8f0c4b11"})

    operation_id: UUID
