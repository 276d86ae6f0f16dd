"""Every page of the demo phone."""

from app.demo.screen import accounts, care, inbox, links, offline, operations, pairing
from app.demo.screen.kit import bp

__all__ = ["accounts", "bp", "care", "inbox", "links", "offline", "operations", "pairing"]
