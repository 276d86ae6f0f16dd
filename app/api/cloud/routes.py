"""Every call of the Cloud API."""

from app.api.cloud import applications, operations, registrations, templates, users
from app.api.cloud.calls import PREFIX, bp

__all__ = ["PREFIX", "applications", "bp", "operations", "registrations", "templates", "users"]
