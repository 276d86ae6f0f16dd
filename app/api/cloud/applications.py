"""Applications: the bank's apps, with what their makers build into them."""

from app.api.cloud import application_schemas as schemas
from app.api.cloud.calls import call
from app.api.kit import NotValid, Violation
from app.mtoken.configuration import InvalidSetting
from app.services import services

ABOUT = "Applications"
ALL, ONE = "/admin/applications", "/admin/applications/<applicationId>"
ADMIN = "ERROR_ADMIN"


@call(
    f"POST {ALL}",
    body=schemas.CreateApplicationRequest,
    answers=schemas.ApplicationDetail,
    about=ABOUT,
    refuses=ADMIN,
)
def create_application(body: schemas.CreateApplicationRequest) -> schemas.ApplicationDetail:
    """Make an application with new keys; return what its makers build into the app."""
    services().mtoken.applications.create(body.id, body.id)
    services().mtoken.configuration.add_roles(body.id, body.roles)
    return _detail(body.id)


@call(f"GET {ALL}", answers=schemas.ApplicationList, about=ABOUT)
def application_list() -> schemas.ApplicationList:
    """Return all applications."""
    found = services().mtoken.applications.all()
    names = [schemas.ApplicationName(id=each.id) for each in found]
    return schemas.ApplicationList(applications=names)


@call(f"GET {ONE}", answers=schemas.ApplicationDetail, about=ABOUT, refuses=ADMIN)
def application_detail(application_id: str) -> schemas.ApplicationDetail:
    """Return an application, and what its makers build into the app."""
    return _detail(application_id)


@call(f"POST {ALL}/roles", body=schemas.AddRolesRequest, answers=None, about=ABOUT, refuses=ADMIN)
def add_application_roles(body: schemas.AddRolesRequest) -> None:
    """Give an application roles; what it has, it has once."""
    services().mtoken.configuration.add_roles(body.id, body.roles)


@call(
    f"POST {ONE}/roles/remove",
    body=schemas.RemoveRolesRequest,
    answers=None,
    about=ABOUT,
    refuses=ADMIN,
)
def remove_application_roles(application_id: str, body: schemas.RemoveRolesRequest) -> None:
    """Take roles from an application, whether it has them or not."""
    services().mtoken.configuration.remove_roles(application_id, body.roles)


@call(f"GET {ONE}/config", answers=schemas.ApplicationConfigList, about=ABOUT, refuses=ADMIN)
def get_application_config(application_id: str) -> schemas.ApplicationConfigList:
    """Return all that is set for an application, without secrets."""
    known = services().mtoken.configuration.all(application_id)
    return schemas.ApplicationConfigList.of(application_id, known)


@call(
    f"POST {ONE}/config",
    body=schemas.SetConfigRequest,
    answers=schemas.NewApplicationConfig,
    about=ABOUT,
    refuses=ADMIN,
)
def create_application_config(
    application_id: str, body: schemas.SetConfigRequest
) -> schemas.NewApplicationConfig:
    """Set a key of an application's configuration, anew if it was set."""
    try:
        told = services().mtoken.configuration.put(application_id, body.key, body.values)
    except InvalidSetting as wrong:
        raise NotValid([Violation(f"values.{wrong.place}", None, wrong.hint)]) from None
    return schemas.NewApplicationConfig(app_id=application_id, key=body.key, values=list(told))


@call(
    f"DELETE {ONE}/config",
    body=schemas.ConfigKey,
    answers=None,
    about=ABOUT,
    refuses=ADMIN,
)
def remove_application_config(application_id: str, body: schemas.ConfigKey) -> None:
    """Set a key of an application's configuration no more, whether it was set or not."""
    services().mtoken.configuration.remove(application_id, body.key)


def _detail(application_id: str) -> schemas.ApplicationDetail:
    return schemas.ApplicationDetail.of(
        services().mtoken.applications.find(application_id),
        services().mtoken.configuration.roles(application_id),
        services().settings.issuer,
    )
