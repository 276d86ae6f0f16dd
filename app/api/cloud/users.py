"""System users: the bank's back ends, and the applications that each may see."""

from typing import Annotated, Self

from app.api.cloud.calls import call
from app.api.cloud.schemas import Name, matching
from app.api.kit import Schema, example
from app.mtoken.administering import SystemUserView
from app.naming import OF_SYSTEM_USERS
from app.services import services

ABOUT = "System Users"
ALL, ONE = "/admin/users", "/admin/users/<username>"
ACCESS = f"{ONE}/applications/<applicationId>"
ADMIN = "ERROR_ADMIN"

Username = Annotated[
    Name,
    matching(*OF_SYSTEM_USERS),
]
"""What stands in a path and before the colon of Basic credentials."""


class CreateUserRequest(Schema):
    """How the new back end is called."""

    model_config = example({"username": "bank-integration-user"})

    username: Username


class UpdateUserRequest(Schema):
    """Whether a back end is let in."""

    model_config = example({"enabled": False})

    enabled: bool


class UserDetail(Schema):
    """A system user."""

    username: str
    enabled: bool
    role: list[str]
    """`ROLE_ADMIN`, `ROLE_USER`."""
    applications: list[str]
    """What it may see."""

    @classmethod
    def of(cls, user: SystemUserView) -> Self:
        """Present a system user."""
        return cls(
            username=user.username,
            enabled=user.enabled,
            role=list(user.authorities),
            applications=list(user.applications),
        )


class UserWithPassword(UserDetail):
    """A system user whose password is told now and never again."""

    password: str


class UserList(Schema):
    """All system users by their names."""

    users: list[UserDetail]


@call(f"POST {ALL}", body=CreateUserRequest, answers=UserWithPassword, about=ABOUT, refuses=ADMIN)
def create_user(body: CreateUserRequest) -> UserWithPassword:
    """Make an integration user; its password is in this answer and nowhere else."""
    password = services().administration.create(body.username, "integration")
    return _with_password(body.username, password)


@call(f"GET {ALL}", answers=UserList, about=ABOUT)
def user_list() -> UserList:
    """Return all system users."""
    return UserList(users=[UserDetail.of(user) for user in services().administration.all()])


@call(f"GET {ONE}", answers=UserDetail, about=ABOUT, refuses=ADMIN)
def user_detail(username: str) -> UserDetail:
    """Return a system user."""
    return UserDetail.of(services().administration.find(username))


@call(f"PUT {ONE}", body=UpdateUserRequest, answers=UserDetail, about=ABOUT, refuses=ADMIN)
def update_user(username: str, body: UpdateUserRequest) -> UserDetail:
    """Let a system user in, or refuse it from its next call on; the last administrator stays."""
    users = services().administration
    if body.enabled:
        users.enable(username)
    else:
        users.disable(username)
    return UserDetail.of(users.find(username))


@call(f"POST {ONE}/password", answers=UserWithPassword, about=ABOUT, refuses=ADMIN)
def reset_user_password(username: str) -> UserWithPassword:
    """Give a system user another password, and tell it once; the old one ends at once."""
    return _with_password(username, services().administration.reset(username))


@call(f"DELETE {ONE}", answers=None, about=ABOUT, refuses=ADMIN)
def delete_user(username: str) -> None:
    """Forget a system user; the last administrator stays."""
    services().administration.remove(username)


@call(f"POST {ACCESS}", answers=UserDetail, about=ABOUT, refuses=ADMIN)
def add_app_access_to_user(username: str, application_id: str) -> UserDetail:
    """Let a system user see an application; twice is once."""
    users = services().administration
    users.grant(username, application_id)
    return UserDetail.of(users.find(username))


@call(f"DELETE {ACCESS}", answers=UserDetail, about=ABOUT, refuses=ADMIN)
def remove_app_access_from_user(username: str, application_id: str) -> UserDetail:
    """Let a system user see nothing of an application, from its next call on."""
    users = services().administration
    users.revoke(username, application_id)
    return UserDetail.of(users.find(username))


def _with_password(username: str, password: str) -> UserWithPassword:
    shown = UserDetail.of(services().administration.find(username))
    return UserWithPassword(**shown.model_dump(), password=password)
