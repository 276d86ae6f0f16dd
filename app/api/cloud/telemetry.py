"""Telemetry: how much an application is used."""

from datetime import timedelta

from pydantic import Field

from app import clock
from app.api.cloud.calls import call
from app.api.kit import Schema
from app.services import services


class ActiveUsersRequest(Schema):
    """How far to look back."""

    days: int = Field(default=30, ge=1, le=365)


class ActiveUsers(Schema):
    """How many people have used their phones."""

    application_id: str
    days: int
    users: int


@call(
    "GET /admin/telemetry/applications/<applicationId>/users",
    asks=ActiveUsersRequest,
    answers=ActiveUsers,
    about="Telemetry",
    refuses="ERROR_ADMIN",
)
def get_active_users(application_id: str, asked: ActiveUsersRequest) -> ActiveUsers:
    """Return how many users have used a phone of an application in the last days."""
    since = clock.now() - timedelta(days=asked.days)
    users = services().mtoken.applications.active_users(application_id, since=since)
    return ActiveUsers(application_id=application_id, days=asked.days, users=users)
