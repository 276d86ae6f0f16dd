"""What administrators do to system users, through whatever door."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.errors import LastAdministrator, SystemUserAlreadyExists, SystemUserNotFound
from app.events import Journal, Name
from app.mtoken.access import ADMIN, ROLES, SystemUsers
from app.store.system_users import SystemUser, SystemUserApplication, SystemUserAuthority


@dataclass(frozen=True)
class SystemUserView:
    """A system user as administrators see it."""

    username: str
    enabled: bool
    authorities: Sequence[str]
    applications: Sequence[str]


class Administration:
    """Makes, changes and removes system users; each change is told with its caller."""

    def __init__(self, session: Session, users: SystemUsers, journal: Journal) -> None:
        self._session = session
        self._users = users
        self._journal = journal

    def create(self, username: str, *roles: str) -> str:
        """Make a system user, `admin` or `integration`; return its password.

        Raises SystemUserAlreadyExists.
        """
        if self._users.look(username) is not None:
            raise SystemUserAlreadyExists(username)
        try:
            with self._session.begin_nested():
                password = self._users.add(username, *(ROLES[role] for role in roles))
        except IntegrityError:  # somebody else made it a moment ago
            raise SystemUserAlreadyExists(username) from None
        self._journal.record(Name.SYSTEM_USER_CREATED, username, roles=" ".join(roles))
        return password

    def all(self) -> Sequence[SystemUserView]:
        """Return all system users by their names."""
        users = self._session.scalars(select(SystemUser).order_by(SystemUser.username)).all()
        held: dict[int, list[str]] = defaultdict(list)
        for authority in self._session.scalars(select(SystemUserAuthority)):
            held[authority.user_id].append(authority.authority)
        given: dict[int, list[str]] = defaultdict(list)
        for link in self._session.scalars(select(SystemUserApplication)):
            given[link.user_id].append(link.application_id)
        return [
            SystemUserView(
                user.username, user.enabled, sorted(held[user.id]), sorted(given[user.id])
            )
            for user in users
        ]

    def find(self, username: str) -> SystemUserView:
        """Return a system user. Raises SystemUserNotFound."""
        user = self._found(username)
        held, given = self._users.authorities(user), self._users.applications(user)
        return SystemUserView(user.username, user.enabled, sorted(held), sorted(given))

    def enable(self, username: str) -> None:
        """Let a disabled system user in again. Raises SystemUserNotFound."""
        self._changing(username).enabled = True
        self._journal.record(Name.SYSTEM_USER_ENABLED, username)

    def disable(self, username: str, *, even_last: bool = False) -> None:
        """Refuse a system user from the next call on.

        Raises SystemUserNotFound, and LastAdministrator unless `even_last`.
        """
        self._keep_an_administrator(username, even_last=even_last)
        self._changing(username).enabled = False
        self._journal.record(Name.SYSTEM_USER_DISABLED, username)

    def reset(self, username: str) -> str:
        """Give a system user another password; return it. Raises SystemUserNotFound."""
        password = self._users.reset(self._changing(username))
        self._journal.record(Name.SYSTEM_USER_RESET, username)
        return password

    def remove(self, username: str, *, even_last: bool = False) -> None:
        """Forget a system user. Raises SystemUserNotFound, LastAdministrator as `disable`."""
        self._keep_an_administrator(username, even_last=even_last)
        self._session.delete(self._changing(username))
        self._session.flush()
        self._journal.record(Name.SYSTEM_USER_REMOVED, username)

    def grant(self, username: str, application_id: str) -> None:
        """Give a system user an application; twice is once.

        Raises SystemUserNotFound, ApplicationNotFound.
        """
        self._users.grant(self._changing(username), application_id)
        self._journal.record(Name.SYSTEM_USER_GRANTED, username, application=application_id)

    def revoke(self, username: str, application_id: str) -> None:
        """Take an application away, whether it was given or not. Raises SystemUserNotFound."""
        self._users.revoke(self._changing(username), application_id)
        self._journal.record(Name.SYSTEM_USER_REVOKED, username, application=application_id)

    def _keep_an_administrator(self, username: str, *, even_last: bool) -> None:
        """Refuse to lose the last one; administrators that go at once wait for each other."""
        if even_last:
            return
        administrators = (
            select(SystemUser)
            .where(
                SystemUser.enabled,
                SystemUser.id.in_(
                    select(SystemUserAuthority.user_id).where(
                        SystemUserAuthority.authority == ADMIN
                    )
                ),
            )
            .order_by(SystemUser.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        names = {user.username for user in self._session.scalars(administrators)}
        if names == {username}:
            raise LastAdministrator(username)

    def _found(self, username: str) -> SystemUser:
        user = self._users.look(username)
        if user is None:
            raise SystemUserNotFound(username)
        return user

    def _changing(self, username: str) -> SystemUser:
        """Return a system user that nobody else changes until this transaction ends."""
        wanted = select(SystemUser).where(SystemUser.username == username).with_for_update()
        user = self._session.scalar(wanted.execution_options(populate_existing=True))
        if user is None:
            raise SystemUserNotFound(username)
        return user
