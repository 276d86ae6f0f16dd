"""Links that lead an app to a transaction; QR codes and pushes carry the same (docs/nevis.md)."""

import json
import re
from dataclasses import dataclass, field
from typing import Final, Self
from uuid import uuid4

from app.crypto.encoding import from_base64url, to_base64url
from app.crypto.errors import ProtocolError

PARAMETER: Final = "dispatchTokenResponse"
PURPOSES: Final = {"registration": "enroll", "authentication": "approve"}
"""What a link says → the purpose of its transaction."""

REDEEM: Final = "nevisfido/token/redeem/"
CONTENT_TYPE, VERSION = "application/json", "1"
TOKEN: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
LONGEST: Final = 2048
"""Bytes of a link: a QR code of it has to be possible."""


@dataclass(frozen=True)
class AppLink:
    """A token that one app redeems, once, and where."""

    issuer: str
    purpose: str
    """One of PURPOSES."""
    token: str = field(default_factory=lambda: str(uuid4()), repr=False)

    @classmethod
    def read(cls, issuer: str, given: str) -> Self | None:
        """Read what a link of this issuer carries; None: broken, or of somebody else."""
        if len(given) > LONGEST:
            return None
        try:
            told = json.loads(from_base64url(given, ProtocolError))
            token, url = told["nma_data"]["token"], told["nma_data"]["redeem_url"]
        except (ProtocolError, ValueError, LookupError, TypeError, RecursionError):
            return None
        purpose = str(url).rpartition("/")[2]
        if not isinstance(token, str) or not TOKEN.fullmatch(token) or purpose not in PURPOSES:
            return None
        link = cls(issuer, purpose, token)
        if link.payload() != told or not link.link.isprintable():
            return None  # a NUL in the address of the issuer is in no application's name
        return link if len(link.link.encode()) <= LONGEST else None

    @property
    def link(self) -> str:
        """What opens the app."""
        text = json.dumps(self.payload(), separators=(",", ":"))
        return f"{self.issuer}open?{PARAMETER}={to_base64url(text.encode())}"

    def payload(self) -> dict[str, object]:
        """Return what it carries."""
        redeem_url = f"{self.issuer}{REDEEM}{self.purpose}"
        return {
            "nma_data": {"token": self.token, "redeem_url": redeem_url},
            "nma_data_content_type": CONTENT_TYPE,
            "nma_data_version": VERSION,
        }
