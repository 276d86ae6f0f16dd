"""Applications: the bank's apps, with what their makers build into them."""

from typing import Self

from app.api.cloud.calls import call
from app.api.kit import Schema
from app.mtoken.applications import Application
from app.services import services

ABOUT = "Applications"


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
    def of(cls, application: Application, portal: str) -> Self:
        """Present an application, whose phones call us at the portal's address."""
        return cls(
            id=application.id,
            service_base_url=f"{portal}/enrollment-server",
            mobile_sdk_config=application.configuration,
            roles=[],
            app_key=application.application_key,
            app_secret=application.application_secret,
            master_server_public_key=application.master_public,
        )


@call("GET /admin/applications", answers=ApplicationList, about=ABOUT)
def application_list() -> ApplicationList:
    """Return all applications."""
    found = services().mtoken.applications.all()
    return ApplicationList(applications=[ApplicationName(id=each.id) for each in found])


@call(
    "GET /admin/applications/<applicationId>",
    answers=ApplicationDetail,
    about=ABOUT,
    refuses="ERROR_ADMIN",
)
def application_detail(application_id: str) -> ApplicationDetail:
    """Return an application, and what its makers build into the app."""
    found = services().mtoken.applications.find(application_id)
    return ApplicationDetail.of(found, services().settings.issuer)
