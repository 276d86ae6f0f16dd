"""Every call of the device API."""

from app.api.device import activation, push, security
from app.api.device.calls import PREFIX, bp

__all__ = ["PREFIX", "activation", "bp", "push", "security"]
