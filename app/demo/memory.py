"""What pages show once more after a redirect: in memory, bounded, gone after a restart."""

import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

MOST = 500


@dataclass
class _Doing:
    lock: Lock = field(default_factory=Lock)
    result: str | None = None


class Memory:
    """Values by random keys, and things that are done once however often a button is pressed."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._values: OrderedDict[str, object] = OrderedDict()
        self._doings: OrderedDict[str, _Doing] = OrderedDict()

    def keep(self, value: object, key: str = "") -> str:
        """Keep a value, under a new key or anew under a known one; return the key."""
        key = key or secrets.token_urlsafe(12)
        with self._lock:
            self._values[key] = value
            _shorten(self._values)
        return key

    def find(self, key: str) -> object:
        """Return a value, or None if it is forgotten."""
        with self._lock:
            return self._values.get(key)

    def once(self, key: str, make: Callable[[], str]) -> str:
        """Do it, unless it was done for this key: then wait for that, and return its result.

        What raises was not done. Without a key it is done every time.
        """
        if not key:
            return make()
        with self._lock:
            doing = self._doings.setdefault(key, _Doing())
            _shorten(self._doings)
        with doing.lock:
            if doing.result is None:
                doing.result = make()
            return doing.result


def _shorten(kept: OrderedDict[str, object] | OrderedDict[str, _Doing]) -> None:
    while len(kept) > MOST:
        kept.popitem(last=False)
