"""The system users of the demo, whose passwords everybody may know."""

from collections.abc import Iterator

from app.mtoken.access import ADMIN, INTEGRATION, SystemUsers

DEMO_ADMIN, DEMO_INTEGRATION = "system-admin", "integration-user"
DEMO_PASSWORD = "changeme"  # noqa: S105 - no secret: production refuses it
ROLES = {DEMO_ADMIN: ADMIN, DEMO_INTEGRATION: INTEGRATION}


def seed_demo_users(users: SystemUsers, application_id: str) -> None:
    """Make them, or give them their passwords back; repeatable."""
    for username, authority in ROLES.items():
        user = users.look(username)
        if user is None:
            users.add(username, authority)
            user = users.look(username)
        assert user is not None  # noqa: S101 - made a moment ago
        users.put_password(user, DEMO_PASSWORD)
        if authority == INTEGRATION:
            users.grant(user, application_id)


def leftover_users(users: SystemUsers) -> Iterator[str]:
    """Yield what a demo has left in a database that serves customers now."""
    for name in users.having(DEMO_PASSWORD):
        yield f"the system user {name} has the demo's password: run flask users disable {name}"
