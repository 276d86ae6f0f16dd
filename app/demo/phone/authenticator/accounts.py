"""Accounts: at which bank, whose, and the key that signs; the PIN locks it.

As on the other kind of phone a wrong PIN gives a wrong key, not an error: only the bank can tell.
"""

import json
import secrets
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final, Self

from app.demo.phone import pin
from app.demo.phone.authenticator.links import bank_of
from app.demo.phone.files import Files, values_of
from app.demo.phone.primitives import (
    ORDER,
    PrivateKey,
    b64,
    private_key,
    unb64,
)
from app.demo.phone.refusals import PhoneRefused
from app.demo.phone.troubles import Trouble

MOST_FAILURES: Final = 5
"""Wrong PINs in a row."""


@dataclass
class Account:
    """One user at one bank."""

    name: str
    app_id: str
    user_id: str
    username: str
    authenticator_id: str
    locked: str = field(repr=False)
    pin_salt: str = field(repr=False)
    finger: str = field(repr=False)
    """The key as the fingerprint opens it; empty while the person has not allowed that."""
    push_token: str = field(default="", repr=False)
    failed_attempts: int = 0
    id: str = field(default_factory=lambda: secrets.token_hex(6))
    added: int = field(default_factory=time.time_ns)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote."""
        return cls(**values_of(cls, text))

    def to_json(self) -> str:
        """Write everything, secrets too: a demo phone has no safe place."""
        return json.dumps(asdict(self))

    def key(self, given_pin: str | None) -> PrivateKey:
        """Return the key that a PIN opens, or without one the fingerprint."""
        if given_pin is None:
            if not self.finger:
                raise PhoneRefused("biometry is not allowed for this account")
            return private_key(unb64(self.finger))
        opened = pin.unlock(unb64(self.locked), given_pin, unb64(self.pin_salt))
        return private_key(_in_range(opened))

    @property
    def is_blocked(self) -> bool:
        """Whether the PIN was wrong too often."""
        return self.failed_attempts >= MOST_FAILURES

    @property
    def base(self) -> str:
        """Address of the bank's instance."""
        return self.app_id.removesuffix("/")

    @property
    def portal(self) -> str:
        """Address of the bank's portal."""
        return self.base.rpartition("/nevis/")[0]

    @property
    def bank(self) -> str:
        """Instance and host, for people."""
        return bank_of(self.base)


@dataclass(frozen=True)
class Sealed:
    """A key, and as it will be kept."""

    key: PrivateKey = field(repr=False)
    locked: str = field(repr=False)
    salt: str = field(repr=False)
    finger: str = field(repr=False)

    @classmethod
    def by(cls, chosen_pin: str, plain: bytes, *, biometry: bool) -> Self:
        """Lock a key."""
        salt = secrets.token_bytes(pin.SALT_SIZE)
        return cls(
            private_key(plain),
            b64(pin.lock(plain, chosen_pin, salt)),
            b64(salt),
            b64(plain) if biometry else "",
        )


class Accounts(Files[Account]):
    """All accounts of a phone."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, Account.from_json)

    def all(self) -> list[Account]:
        """Return every account, the oldest first."""
        return sorted(super().all(), key=lambda account: account.added)

    def missing(self) -> Trouble:
        """Say that an account is not there."""
        return Trouble("There is no such account here.", "It was forgotten, or never added.")


def _in_range(opened: bytes) -> bytes:
    """Return a number that can be a key: what a wrong PIN gives need not be one."""
    number = int.from_bytes(opened)
    return opened if 0 < number < ORDER else (number % (ORDER - 1) + 1).to_bytes(32)
