"""What goes over a network that this package does not have."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, Self, TypeVar

from app.demo.phone.refusals import PhoneRefused

AUTHORIZATION = "X-PowerAuth-Authorization"
ENCRYPTION = "X-PowerAuth-Encryption"
TOKEN = "X-PowerAuth-Token"  # noqa: S105 - the name of a header


@dataclass(frozen=True)
class Call:
    """One POST to the device API."""

    path: str
    body: bytes = field(repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, path: str, value: object, headers: dict[str, str] | None = None) -> Self:
        """Make a call with a JSON body."""
        return cls(path, compact(value), headers or {})


Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Asked(Generic[Answer]):
    """A call, and what reads the body of its answer."""

    call: Call
    read: Callable[[bytes], Answer] = field(repr=False)


def compact(value: object) -> bytes:
    """Write JSON without spaces."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def opened(data: bytes | str) -> dict[str, object]:
    """Read a JSON object."""
    try:
        value = json.loads(data)
    except ValueError:
        raise PhoneRefused("not JSON") from None
    if not isinstance(value, dict):
        raise PhoneRefused("not an object")
    return value


def part(value: Mapping[str, object], name: str) -> dict[str, object]:
    """Return an object that stands inside another one."""
    inner = value.get(name)
    if not isinstance(inner, dict):
        raise PhoneRefused(f"{name} is missing")
    return inner


def text(value: Mapping[str, object], name: str) -> str:
    """Return a text that stands inside an object."""
    inner = value.get(name)
    if not isinstance(inner, str) or not inner:
        raise PhoneRefused(f"{name} is missing")
    return inner
