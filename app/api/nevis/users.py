"""Users: what they have, and their end."""

from app.api.nevis import user_schemas as schemas
from app.api.nevis.calls import call, profiles, users

ABOUT = "Users"
ONE = "/api/v1/users/<uuid:user_id>"
"""So that `enroll` is nobody's id."""


@call(f"GET {ONE}", answers=schemas.UserAnswer, about=ABOUT)
def get_user(user_id: str) -> schemas.UserAnswer:
    """Tell what a user has."""
    return schemas.UserAnswer.of(profiles().of(users().find(user_id)))


@call(
    "GET /api/v1/users",
    asks=schemas.UserQuery,
    answers=schemas.UserAnswer,
    about=ABOUT,
)
def find_user(asked: schemas.UserQuery) -> schemas.UserAnswer:
    """Tell what the user of this name has."""
    return schemas.UserAnswer.of(profiles().of(users().named(asked.username)))


@call(f"DELETE {ONE}", answers=None, status=204, about=ABOUT)
def delete_user(user_id: str) -> None:
    """End all that a user has, cancel what waits, and forget the user."""
    profiles().remove(users().find(user_id))
