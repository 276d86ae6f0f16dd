"""Every call of the second façade."""

from app.api.nevis import (
    app_side,
    approval,
    authenticators,
    enrollment,
    fido2,
    health,
    logs,
    status,
    users,
    verification,
)
from app.api.nevis.calls import bp
from app.api.nevis.document import PREFIX

READS = frozenset({"nevis.status"})
"""Calls by POST that change nothing: pages make them all the time."""

__all__ = [
    "PREFIX",
    "READS",
    "app_side",
    "approval",
    "authenticators",
    "bp",
    "enrollment",
    "fido2",
    "health",
    "logs",
    "status",
    "users",
    "verification",
]
