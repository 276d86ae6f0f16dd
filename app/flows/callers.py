"""Back ends that call our APIs: system users with passwords, or bearers of a token."""

import hmac
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock

import bcrypt
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.crypto.vault import Vault
from app.errors import NotAuthenticated
from app.instruments.password import HashingGate
from app.store.system_users import SystemUser, SystemUserAuthority

ADMIN = "ROLE_ADMIN"
INTEGRATION = "ROLE_INTEGRATION"
PASSWORD_BYTES = 32
GENERATED = "{hmac}"
PURPOSE = "system_user.password"
REMEMBERED_SECONDS = 300
MOST_REMEMBERED = 1000
LONGEST_BCRYPT = 72
"""Bytes of a password that bcrypt looks at; a longer one would be cut without a word."""


@dataclass(frozen=True)
class Caller:
    """Who calls, as the history and the log name it."""

    name: str
    is_admin: bool


@dataclass(frozen=True)
class Known:
    """A system user as the table has it."""

    caller: Caller
    password: str = field(repr=False)


ANYBODY = Caller("anonymous", is_admin=True)
"""Every caller, where none has to prove anything (the demo)."""


@dataclass
class Remembered:
    """Passwords that bcrypt found right a moment ago, each under a keyed hash.

    The hash covers what is stored, so that a new password counts at once. One check at a time:
    a flood of wrong passwords gets at most one core.
    """

    gate: HashingGate = field(default_factory=lambda: HashingGate(1))
    _until: OrderedDict[str, float] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def has(self, key: str) -> bool:
        """Tell whether this was right, not long ago."""
        with self._lock:
            return self._until.get(key, 0.0) > time.monotonic()

    def put(self, key: str) -> None:
        """Remember that this was right."""
        with self._lock:
            self._until[key] = time.monotonic() + REMEMBERED_SECONDS
            self._until.move_to_end(key)
            while len(self._until) > MOST_REMEMBERED:
                self._until.popitem(last=False)


class SystemUsers:
    """Knows back ends by name and password (the tables of the installation guide)."""

    def __init__(self, session: Session, vault: Vault, remembered: Remembered) -> None:
        self._session = session
        self._vault = vault
        self._remembered = remembered

    def find(self, username: str) -> Known | None:
        """Return an enabled system user, to be judged with no transaction open."""
        if "\x00" in username or not _is_text(username):
            return None
        user = self._session.scalar(select(SystemUser).where(SystemUser.username == username))
        if user is None or not user.enabled:
            return None
        return Known(Caller(username, ADMIN in self._authorities(user)), user.password)

    def admit(self, known: Known | None, password: str) -> Caller:
        """Return who this is, or raise NotAuthenticated, whatever is wrong; may be slow."""
        if known is None or not _is_text(password) or not self._is_right(known, password):
            raise NotAuthenticated("system user")
        return known.caller

    def add(self, username: str, *authorities: str) -> str:
        """Make a system user; return its password, which nobody can read again."""
        user = SystemUser(username=username, password="", enabled=True)
        self._session.add(user)
        password = self.reset(user)
        self._session.add_all(
            SystemUserAuthority(user_id=user.id, authority=authority) for authority in authorities
        )
        self._session.flush()
        return password

    def reset(self, user: SystemUser) -> str:
        """Give a system user another password; return it."""
        password = secrets.token_urlsafe(PASSWORD_BYTES)
        user.password = GENERATED + self._digest(user.username, password)
        self._session.flush()
        return password

    def _authorities(self, user: SystemUser) -> list[str]:
        held = select(SystemUserAuthority.authority).where(SystemUserAuthority.user_id == user.id)
        return list(self._session.scalars(held))

    def _is_right(self, known: Known, password: str) -> bool:
        if known.password.startswith(GENERATED):
            given = GENERATED + self._digest(known.caller.name, password)
            return hmac.compare_digest(given.encode(), known.password.encode())
        return self._is_right_by_bcrypt(known, password)

    def _is_right_by_bcrypt(self, known: Known, password: str) -> bool:
        given = password.encode()
        if len(given) > LONGEST_BCRYPT:
            return False
        key = self._digest(f"{known.caller.name}\n{known.password}", password)
        if self._remembered.has(key):
            return True
        try:
            with self._remembered.gate():
                is_right = bcrypt.checkpw(given, known.password.encode())
        except ValueError:  # what is stored is no bcrypt hash, or what is given has a NUL
            return False
        if is_right:
            self._remembered.put(key)
        return is_right

    def _digest(self, username: str, password: str) -> str:
        return self._vault.digest(f"{username}\n{password}", purpose=PURPOSE)


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
