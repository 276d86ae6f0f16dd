"""Every call of the Cloud API."""

from app.api.cloud import applications, callbacks, operations, registrations
from app.api.cloud.calls import PREFIX, bp

__all__ = ["PREFIX", "applications", "bp", "callbacks", "operations", "registrations"]
