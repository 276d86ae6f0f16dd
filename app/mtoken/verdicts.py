"""What the proof of a phone came to. A refusal is a value: what was counted must be committed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from app import clock
from app.crypto.encrypted_request import OpenedRequest
from app.crypto.signatures import SignatureType
from app.store.registrations import Registration

TWO = 2


@dataclass(frozen=True)
class Refused:
    """Something did not prove what it claims; the caller commits, and tells nobody why."""

    reason: str
    """For the log."""


@dataclass(frozen=True)
class Proved:
    """A phone has proved itself; its registration is ACTIVE."""

    registration: Registration
    kind: SignatureType

    @property
    def factors(self) -> tuple[str, ...]:
        """What was used: of `possession`, `knowledge`, `biometry`."""
        return self.kind.factors

    @property
    def is_strong(self) -> bool:
        """Whether two factors or more were used."""
        return len(self.factors) >= TWO


@dataclass(frozen=True)
class Signed(Proved):
    """By a signature. The registration's row is locked, and the code is used up."""


@dataclass(frozen=True)
class Bearer(Proved):
    """By a token, whose factors are those that it was made with. Nothing is locked."""


@dataclass(frozen=True)
class Opened:
    """An encrypted request of a registration, without a signature."""

    registration: Registration
    request: OpenedRequest = field(repr=False)
    value: Mapping[str, object] = field(repr=False)
    """The JSON object that was in it."""

    def answer(self, value: Mapping[str, object]) -> dict[str, object]:
        """Return the encrypted answer."""
        return sealed_answer(self.request, value)


@dataclass(frozen=True)
class SignedOpened(Opened):
    """An encrypted request whose encrypted body was signed."""

    signed: Signed


def sealed_answer(request: OpenedRequest, value: Mapping[str, object]) -> dict[str, object]:
    """Encrypt the answer to a request."""
    return request.answer(json.dumps(value).encode(), timestamp=milliseconds())


def milliseconds() -> int:
    """Return the present time as the protocol writes it."""
    return clock.milliseconds(clock.now())
