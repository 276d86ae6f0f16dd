"""Every page of the demo phone."""

from app.demo.screen import care, inbox, offline, operations, pairing
from app.demo.screen.kit import bp

__all__ = ["bp", "care", "inbox", "offline", "operations", "pairing"]
