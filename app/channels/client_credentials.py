"""Access tokens by OAuth 2 client credentials, kept until they end or are refused."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from math import isfinite
from threading import Lock
from urllib.parse import quote, urlencode

from app.channels.base import DeliveryFailed

EARLY_SECONDS = 30
"""A token is renewed this long before its end."""

USUAL_SECONDS = 300
"""How long a token is kept that does not say how long it lives."""

LONGEST_SECONDS = 86400.0
MOST_KEPT = 1000


@dataclass(frozen=True)
class Client:
    """Who asks for a token, and where."""

    client_id: str
    secret: str = field(repr=False)
    token_uri: str = field(repr=False)
    scope: str = ""

    @property
    def credentials(self) -> tuple[str, str]:
        """Name and password, encoded as RFC 6749 asks (2.3.1)."""
        return quote(self.client_id, safe=""), quote(self.secret, safe="")

    @property
    def form(self) -> bytes:
        """What is asked for."""
        scope = {"scope": self.scope} if self.scope else {}
        return urlencode({"grant_type": "client_credentials", **scope}).encode()


@dataclass
class _Kept:
    lock: Lock = field(default_factory=Lock)
    token: str = field(default="", repr=False)
    until: float = 0.0


class Tokens:
    """Keeps tokens by their clients: another secret is another client."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: dict[Client, _Kept] = {}

    def get(self, client: Client, fetch: Callable[[], bytes]) -> str:
        """Return a token that is good; of threads that need one at once, one fetches it."""
        kept = self._of(client)
        with kept.lock:
            if time.monotonic() >= kept.until:
                kept.token, lifetime = _read(fetch())
                kept.until = time.monotonic() + lifetime
            return kept.token

    def forget(self, client: Client) -> None:
        """Have the next one fetched anew."""
        self._of(client).until = 0.0

    def _of(self, client: Client) -> _Kept:
        with self._lock:
            if len(self._kept) >= MOST_KEPT and client not in self._kept:
                self._kept.clear()
            return self._kept.setdefault(client, _Kept())


def _read(body: bytes) -> tuple[str, float]:
    """Return a token and how many seconds it is good for."""
    try:
        answer = json.loads(body)
        token, kind = answer["access_token"], answer.get("token_type", "Bearer")
        lifetime = float(answer.get("expires_in", USUAL_SECONDS))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        raise DeliveryFailed("token_not_understood", temporary=True) from None
    readable = isinstance(token, str) and token and token.isascii() and token.isprintable()
    if not readable or not isfinite(lifetime) or str(kind).lower() != "bearer":
        raise DeliveryFailed("token_not_understood", temporary=True)
    return token, min(max(lifetime - EARLY_SECONDS, 0.0), LONGEST_SECONDS)
