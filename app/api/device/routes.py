"""Every call of the device API."""

from app.api.device import activation, inbox, operations, push, security
from app.api.device.calls import PREFIX, bp

__all__ = ["PREFIX", "activation", "bp", "inbox", "operations", "push", "security"]
