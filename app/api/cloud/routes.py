"""Every call of the Cloud API."""

from app.api.cloud import (
    applications,
    audit,
    authentication,
    callbacks,
    inbox,
    messages,
    offline,
    operations,
    push,
    registrations,
    telemetry,
    templates,
    users,
)
from app.api.cloud.calls import PREFIX, bp

__all__ = [
    "PREFIX",
    "applications",
    "audit",
    "authentication",
    "bp",
    "callbacks",
    "inbox",
    "messages",
    "offline",
    "operations",
    "push",
    "registrations",
    "telemetry",
    "templates",
    "users",
]
