"""Messages about applications."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Self

from pydantic import ConfigDict, Field

from app.api.cloud.schemas import NULLABLE, Name, PathName
from app.api.kit import Schema, example
from app.mtoken.applications import Application

Roles = Annotated[list[Name], Field(max_length=64)]


class CreateApplicationRequest(Schema):
    """How the new application is called, and which roles it has."""

    model_config = example({"id": "bank-mobile-token"})

    id: Annotated[PathName, Field(max_length=255)]
    roles: Annotated[Roles, NULLABLE] = Field(default_factory=list)


class ApplicationName(Schema):
    """Which application."""

    id: str


class ApplicationList(Schema):
    """All applications, by their ids."""

    applications: list[ApplicationName]


class ApplicationDetail(Schema):
    """An application; the last three are parts of `mobileSdkConfig`, for old makers of apps."""

    id: str
    service_base_url: str
    mobile_sdk_config: str
    roles: list[str]
    app_key: str
    app_secret: str
    master_server_public_key: str

    @classmethod
    def of(cls, application: Application, roles: Sequence[str], portal: str) -> Self:
        """Present an application, whose phones call us at the portal's address."""
        return cls(
            id=application.id,
            service_base_url=f"{portal}/enrollment-server",
            mobile_sdk_config=application.configuration,
            roles=list(roles),
            app_key=application.application_key,
            app_secret=application.application_secret,
            master_server_public_key=application.master_public,
        )


class AddRolesRequest(Schema):
    """Which roles an application gets."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"id": "bank-mobile-token", "roles": ["ROLE_RETAIL"]}],
            "required": ["id", "roles"],  # without an id it is refused as an empty one
        }
    )

    id: str = Field(default="", min_length=1, max_length=256, validate_default=True)
    roles: Roles


class RemoveRolesRequest(Schema):
    """Which roles an application loses."""

    model_config = example({"roles": ["ROLE_RETAIL"]})

    roles: Roles


class ConfigKey(Schema):
    """Which key."""

    key: Name


class SetConfigRequest(ConfigKey):
    """What a key is set to, from now on."""

    values: Annotated[list[object], Field(max_length=64)]


class ApplicationConfig(Schema):
    """What a key is set to; secrets are left out."""

    key: str
    values: list[object]


class NewApplicationConfig(ApplicationConfig):
    """What a key of an application was set to."""

    app_id: str


class ApplicationConfigList(Schema):
    """All that is set for an application."""

    app_id: str
    application_configs: list[ApplicationConfig]

    @classmethod
    def of(cls, application_id: str, known: Mapping[str, Sequence[object]]) -> Self:
        """Present what is set."""
        configs = [ApplicationConfig(key=key, values=list(known[key])) for key in known]
        return cls(app_id=application_id, application_configs=configs)
