"""Every call of the device API."""

from app.api.device import activation, operations, push, security
from app.api.device.calls import PREFIX, bp

__all__ = ["PREFIX", "activation", "bp", "operations", "push", "security"]
