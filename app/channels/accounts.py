"""What a channel keeps for each application: what its credentials made, and a token of theirs."""

from collections.abc import Callable
from threading import Lock
from typing import Generic, Protocol, TypeVar

from app import clock
from app.channels.base import DeliveryFailed

C = TypeVar("C")


class Closable(Protocol):
    """What holds connections."""

    def close(self) -> None:
        """Let go of them."""


A = TypeVar("A", bound=Closable)


class Accounts(Generic[C, A]):
    """One account for each application, made anew when its credentials have changed."""

    def __init__(self, credentials: Callable[[str], C | None], make: Callable[[C], A]) -> None:
        self._credentials = credentials
        self._make = make
        self._lock = Lock()
        self._kept: dict[str, tuple[C, A]] = {}

    def of(self, application_id: str) -> A:
        """Return an application's account. Raises DeliveryFailed where it has no credentials."""
        credentials = self._credentials(application_id)
        with self._lock:
            kept = self._kept.get(application_id)
            if kept is not None and kept[0] == credentials:
                return kept[1]
            if kept is not None:
                del self._kept[application_id]
                kept[1].close()
            if credentials is None:
                raise DeliveryFailed("no_credentials", temporary=False)
            account = self._make(credentials)
            self._kept[application_id] = (credentials, account)
            return account


class KeptToken:
    """A bearer token that is used until it ages, or is refused."""

    def __init__(self, renew: Callable[[], tuple[str, float]]) -> None:
        self._renew = renew
        self._lock = Lock()
        self._token = ""
        self._until = 0.0

    def get(self, *, refused: str | None = None) -> str:
        """Return a token that is not the refused one; `renew` tells one and its seconds."""
        with self._lock:
            now = clock.real().timestamp()
            if not self._token or self._token == refused or now >= self._until:
                self._token, seconds = self._renew()
                self._until = now + seconds
            return self._token
