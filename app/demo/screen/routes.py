"""Every page of the demo phone."""

from app.demo.screen import care, offline, operations, pairing
from app.demo.screen.kit import bp

__all__ = ["bp", "care", "offline", "operations", "pairing"]
