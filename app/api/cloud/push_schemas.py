"""Messages about what lets us push to the phones of an application; secrets only come in."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BeforeValidator, Field

from app.api.cloud.schemas import Name, matching
from app.api.kit import Schema
from app.mtoken.push_credentials import PROVIDER_NAME

File = Annotated[str, Field(min_length=1, max_length=32_768)]
"""A whole file, as Base64."""

Known = Annotated[Name, matching(PROVIDER_NAME, "must be letters and digits, inside also . _ : -")]
"""What a provider calls something."""

Place = Literal["DEVELOPMENT", "PRODUCTION"]


def _in_capitals(value: object) -> object:
    """Return a place in capitals; what is none is left as it came, for the refusal."""
    if isinstance(value, str) and value.upper() in get_args(Place):
        return value.upper()
    return value


Environment = Annotated[Place, BeforeValidator(_in_capitals)]
"""Taken in any case."""


class ApnsRequest(Schema):
    """A signing key of an Apple team: `privateKeyBase64` is its whole .p8 file."""

    topic: Known
    key_id: Known
    team_id: Known
    environment: Environment
    private_key_base64: File


class FcmRequest(Schema):
    """A service account: `privateKeyBase64` is its whole JSON file, with a project of its own."""

    project_id: Known | None = None
    private_key_base64: File


class HmsRequest(Schema):
    """An OAuth client of Huawei's."""

    project_id: Known
    app_id: Known
    client_id: Known
    client_secret: Annotated[str, Field(min_length=1, max_length=1024)]


class ApnsDetail(Schema):
    """How Apple knows the application."""

    topic: str
    key_id: str
    team_id: str
    environment: Environment


class ProjectDetail(Schema):
    """How Google or Huawei knows the application."""

    project_id: str


class PushDetail(Schema):
    """Who pushes to an application; a provider that does not is left out."""

    id: str
    """Of the application."""
    apns: ApnsDetail | None = None
    fcm: ProjectDetail | None = None
    hms: ProjectDetail | None = None

    @classmethod
    def of(cls, application_id: str, known: Mapping[str, Mapping[str, str]]) -> Self:
        """Present what is known of each provider, as far as it is told."""
        told: dict[str, Any] = {"id": application_id, **known}
        return cls.model_validate(told)
