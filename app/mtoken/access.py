"""Back ends that call our APIs: system users with passwords, or bearers of a token."""

import hmac
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import cast

import bcrypt
from sqlalchemy import Table, bindparam, delete, select
from sqlalchemy.orm import Session

from app.crypto.vault import Vault
from app.errors import ApplicationNotFound, NotAuthenticated
from app.hashing import HashingGate
from app.store.applications import MobileApplication
from app.store.system_users import SystemUser, SystemUserApplication, SystemUserAuthority

ADMIN = "ROLE_ADMIN"
INTEGRATION = "ROLE_USER"
ROLES = {"admin": ADMIN, "integration": INTEGRATION}
"""What people call the authorities."""

PASSWORD_BYTES = 32
GENERATED = "{hmac}"
NOBODY = GENERATED + "-" * 64
"""Stands where there is no such user: as long as a hash, and equal to none."""

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
    is_integration: bool = False
    """Whether registrations and operations are its business."""
    applications: frozenset[str] = frozenset()
    """The applications that it was given; all others do not exist for it."""


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


USERS, HELD, GIVEN = (
    cast("Table", each.__table__)
    for each in (SystemUser, SystemUserAuthority, SystemUserApplication)
)
FIND = (
    select(USERS.c.username, USERS.c.password, HELD.c.authority, GIVEN.c.application_id)
    .outerjoin_from(USERS, HELD, HELD.c.user_id == USERS.c.id)
    .outerjoin(GIVEN, GIVEN.c.user_id == USERS.c.id)
    .where(USERS.c.username == bindparam("username"), USERS.c.enabled)
)
"""A row for each authority and application of a system user; every call asks this first."""


class SystemUsers:
    """Knows back ends by name and password (the tables of the installation guide)."""

    def __init__(self, session: Session, vault: Vault, remembered: Remembered) -> None:
        self._session = session
        self._vault = vault
        self._remembered = remembered

    def find(self, username: str) -> Known:
        """Return an enabled system user, to be judged with no transaction open.

        Who is none is looked for as long, and is known by no password.
        """
        is_name = "\x00" not in username and _is_text(username)
        asked = {"username": username if is_name else ""}
        rows = self._session.connection().execute(FIND, asked).all()
        if not rows:
            return _known("", NOBODY)
        authorities = {row.authority for row in rows}
        caller = Caller(
            rows[0].username,
            is_admin=ADMIN in authorities,
            is_integration=INTEGRATION in authorities,
            applications=frozenset(row.application_id for row in rows if row.application_id),
        )
        return Known(caller, rows[0].password)

    def admit(self, known: Known, password: str) -> Caller:
        """Return who this is, or raise NotAuthenticated, whatever is wrong; may be slow."""
        if not _is_text(password) or not self._is_right(known, password):
            raise NotAuthenticated("system user")
        return known.caller

    def look(self, username: str) -> SystemUser | None:
        """Return a system user, enabled or not."""
        return self._session.scalar(select(SystemUser).where(SystemUser.username == username))

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
        self.put_password(user, password)
        return password

    def put_password(self, user: SystemUser, password: str) -> None:
        """Let a system user in by this password alone; it has to be a random one."""
        user.password = GENERATED + self._digest(user.username, password)
        self._session.flush()

    def grant(self, user: SystemUser, application_id: str) -> None:
        """Give a system user an application; twice is once. Raises ApplicationNotFound."""
        if self._session.get(MobileApplication, application_id) is None:
            raise ApplicationNotFound(application_id)
        if application_id not in self.applications(user):
            link = SystemUserApplication(user_id=user.id, application_id=application_id)
            self._session.add(link)
            self._session.flush()

    def revoke(self, user: SystemUser, application_id: str) -> None:
        """Take an application from a system user, whether it had it or not."""
        self._session.execute(
            delete(SystemUserApplication).where(
                SystemUserApplication.user_id == user.id,
                SystemUserApplication.application_id == application_id,
            )
        )

    def applications(self, user: SystemUser) -> frozenset[str]:
        """Return the applications that a system user was given."""
        given = select(SystemUserApplication.application_id).where(
            SystemUserApplication.user_id == user.id
        )
        return frozenset(self._session.scalars(given))

    def authorities(self, user: SystemUser) -> list[str]:
        """Return what a system user may do, e.g. `ROLE_ADMIN`."""
        held = select(SystemUserAuthority.authority).where(SystemUserAuthority.user_id == user.id)
        return list(self._session.scalars(held))

    def having(self, password: str) -> list[str]:
        """Return the names of enabled system users whom this password lets in; may be slow."""
        users = self._session.scalars(
            select(SystemUser).where(SystemUser.enabled).order_by(SystemUser.username)
        ).all()
        known = [_known(user.username, user.password) for user in users]
        return [each.caller.name for each in known if self._is_right(each, password)]

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


def _known(username: str, password: str) -> Known:
    """Return who may nothing, to be judged by the password alone."""
    return Known(Caller(username, is_admin=False), password)


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
