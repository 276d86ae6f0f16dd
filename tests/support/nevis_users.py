"""Users of the second façade, and a back end that has nothing to do with them."""

from typing import Any

from tests.support.nevis import USERNAME, Nevis


def user_of(nevis: Nevis, username: str = USERNAME) -> Any:
    """Return a user as everybody with a key sees them."""
    return nevis("GET", "/api/v1/users", query_string={"username": username})
