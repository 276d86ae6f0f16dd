"""Every call of the Cloud API."""

from app.api.cloud import (
    applications,
    audit,
    callbacks,
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
    "bp",
    "callbacks",
    "operations",
    "push",
    "registrations",
    "telemetry",
    "templates",
    "users",
]
