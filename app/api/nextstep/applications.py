"""Applications of the bank, to which credentials and codes will belong."""

from app.api.nextstep import configuration_schemas as schemas
from app.api.nextstep.calls import call
from app.services import services

ABOUT = "Application"


@call(
    "POST /application",
    asks=schemas.CreateApplicationRequest,
    answers=schemas.ApplicationAnswer,
    about=ABOUT,
    refuses="APPLICATION_ALREADY_EXISTS",
    for_operators=True,
)
def create_application(wanted: schemas.CreateApplicationRequest) -> schemas.ApplicationAnswer:
    """Add an application, or bring a removed one back."""
    made = services().applications.add(wanted.application_name, wanted.description)
    return schemas.ApplicationAnswer.of(made)


@call(
    "PUT /application",
    "POST /application/update",
    asks=schemas.UpdateApplicationRequest,
    answers=schemas.ApplicationAnswer,
    about=ABOUT,
    refuses="APPLICATION_NOT_FOUND",
    for_operators=True,
)
def update_application(wanted: schemas.UpdateApplicationRequest) -> schemas.ApplicationAnswer:
    """Change the description of an application, or its status."""
    changed = services().applications.change(
        wanted.application_name, wanted.description, wanted.application_status
    )
    return schemas.ApplicationAnswer.of(changed)


@call(
    "POST /application/delete",
    asks=schemas.ApplicationName,
    answers=schemas.DeleteApplicationResponse,
    about=ABOUT,
    refuses="APPLICATION_NOT_FOUND",
    for_operators=True,
)
def delete_application(wanted: schemas.ApplicationName) -> schemas.DeleteApplicationResponse:
    """Hide an application; it can come back."""
    removed = services().applications.remove(wanted.application_name)
    return schemas.DeleteApplicationResponse(
        application_name=removed.name,
        application_status=removed.status,
    )


@call(
    "GET /application",
    "POST /application/list",
    asks=schemas.GetApplicationListRequest,
    answers=schemas.GetApplicationListResponse,
    about=ABOUT,
)
def applications(wanted: schemas.GetApplicationListRequest) -> schemas.GetApplicationListResponse:
    """Return the applications by their names."""
    found = services().applications.listed(with_removed=wanted.include_removed)
    shown = [schemas.ApplicationDetail.of(application) for application in found]
    return schemas.GetApplicationListResponse(applications=shown)
