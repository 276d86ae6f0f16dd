"""Organizations: segments of customers, the bank's and those that operators add."""

from app.api.nextstep import configuration_schemas as schemas
from app.api.nextstep.calls import call
from app.errors import NotConfigured
from app.services import services

ABOUT = "Organization"


@call(
    "POST /organization",
    asks=schemas.Organization,
    answers=schemas.Organization,
    about=ABOUT,
    refuses="ORGANIZATION_ALREADY_EXISTS",
    for_operators=True,
)
def create_organization(wanted: schemas.Organization) -> schemas.Organization:
    """Add a segment of customers."""
    services().configuring.add_organization(wanted.segment())
    return wanted


@call(
    "PUT /organization",
    "POST /organization/update",
    asks=schemas.Organization,
    answers=schemas.Organization,
    about=ABOUT,
    refuses="ORGANIZATION_NOT_FOUND",
    for_operators=True,
)
def update_organization(wanted: schemas.Organization) -> schemas.Organization:
    """Give a segment, the bank's too, another look or place."""
    services().configuring.change_organization(wanted.segment())
    return wanted


@call(
    "POST /organization/delete",
    asks=schemas.OrganizationName,
    answers=schemas.OrganizationName,
    about=ABOUT,
    refuses="ORGANIZATION_NOT_FOUND DELETE_NOT_ALLOWED",
    for_operators=True,
)
def delete_organization(wanted: schemas.OrganizationName) -> schemas.OrganizationName:
    """Forget a segment that neither the bank nor an operation knows."""
    services().configuring.remove_organization(wanted.organization_id)
    return wanted


@call(
    "GET /organization/detail",
    "POST /organization/detail",
    asks=schemas.OrganizationName,
    answers=schemas.Organization,
    about=ABOUT,
    refuses="ORGANIZATION_NOT_FOUND",
)
def organization(wanted: schemas.OrganizationName) -> schemas.Organization:
    """Return one segment."""
    for segment in services().configuration.segments():
        if segment.id == wanted.organization_id:
            return schemas.Organization.of(segment)
    raise NotConfigured("organization", organization=wanted.organization_id)


@call(
    "GET /organization",
    "POST /organization/list",
    asks=schemas.Nothing,
    answers=schemas.GetOrganizationListResponse,
    about=ABOUT,
)
def organizations(_wanted: schemas.Nothing) -> schemas.GetOrganizationListResponse:
    """Return all segments, in their order."""
    shown = [schemas.Organization.of(each) for each in services().configuration.segments()]
    return schemas.GetOrganizationListResponse(organizations=shown)
