"""What lets back ends into the demo, and everybody may know: system users, an access key."""

from collections.abc import Iterator

from app.mtoken.access import ADMIN, INTEGRATION, SystemUsers
from app.mtoken.access_keys import AccessKeys

DEMO_ADMIN, DEMO_INTEGRATION = "system-admin", "integration-user"
DEMO_PASSWORD = "changeme"  # noqa: S105 - no secret: production refuses it
DEMO_ACCESS_KEY = "demo-access-key"
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


def seed_demo_key(keys: AccessKeys, application_id: str) -> None:
    """Let the demo's access key in, again if it was revoked; repeatable."""
    if keys.recognise(application_id, DEMO_ACCESS_KEY) is None:
        keys.admit(application_id, "demo", DEMO_ACCESS_KEY)


def leftover_keys(keys: AccessKeys) -> Iterator[str]:
    """Yield what a demo has left in a database that serves customers now."""
    for key in keys.having(DEMO_ACCESS_KEY):
        yield f"the demo's access key works: run flask access-keys revoke {key.id}"


def leftover_users(users: SystemUsers) -> Iterator[str]:
    """Yield what a demo has left in a database that serves customers now."""
    for name in users.having(DEMO_PASSWORD):
        yield f"the system user {name} has the demo's password: run flask users disable {name}"
