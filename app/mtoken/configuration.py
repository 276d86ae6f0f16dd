"""What administrators set for one application: its roles, and its configuration by key.

Values are kept sealed, since some have secrets in them; these are never told again.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from uuid import UUID, uuid4

from cryptography.x509 import load_pem_x509_certificate
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.crypto.vault import Vault
from app.errors import UnknownSetting
from app.events import Journal, Name
from app.mtoken.applications import Applications
from app.store.applications import ApplicationRole, ApplicationSetting

PLACE: Final = "application_configuration.values"
SECRET: Final = "clientSecret"  # noqa: S105 - the name of a field


class InvalidSetting(ValueError):  # noqa: N818 - it says what was given
    """A value is not what its key takes."""

    def __init__(self, place: int, hint: str) -> None:
        super().__init__(hint)
        self.place = place
        self.hint = hint


class ApplicationConfiguration:
    """Reads and changes what is set for applications; each raises ApplicationNotFound."""

    def __init__(
        self, session: Session, vault: Vault, applications: Applications, journal: Journal
    ) -> None:
        self._session = session
        self._vault = vault
        self._applications = applications
        self._journal = journal

    def roles(self, application_id: str) -> Sequence[str]:
        """Return the roles of an application by their names."""
        held = select(ApplicationRole.role).where(ApplicationRole.application_id == application_id)
        return self._session.scalars(held.order_by(ApplicationRole.role)).all()

    def add_roles(self, application_id: str, roles: Sequence[str]) -> None:
        """Give an application roles; what it has, it has once."""
        self._applications.lock(application_id)
        new = sorted(set(roles) - set(self.roles(application_id)))
        self._session.add_all(
            ApplicationRole(application_id=application_id, role=role) for role in new
        )
        self._session.flush()
        if new:
            self._journal.record(
                Name.APPLICATION_ROLES_CHANGED, application_id, added=" ".join(new)
            )

    def remove_roles(self, application_id: str, roles: Sequence[str]) -> None:
        """Take roles from an application, whether it has them or not."""
        self._applications.lock(application_id)
        gone = sorted(set(roles) & set(self.roles(application_id)))
        self._session.execute(
            delete(ApplicationRole).where(
                ApplicationRole.application_id == application_id, ApplicationRole.role.in_(gone)
            )
        )
        if gone:
            self._journal.record(
                Name.APPLICATION_ROLES_CHANGED, application_id, removed=" ".join(gone)
            )

    def all(self, application_id: str) -> Mapping[str, Sequence[object]]:
        """Return what is set, by keys, without the secrets in it."""
        self._applications.row(application_id)
        rows = self._session.scalars(
            select(ApplicationSetting)
            .where(ApplicationSetting.application_id == application_id)
            .order_by(ApplicationSetting.key)
        )
        return {row.key: [_told(value) for value in self._values(row)] for row in rows}

    def find(self, application_id: str, key: str) -> Sequence[object] | None:
        """Return what is set for a key, with the secrets in it; None: nothing is."""
        row = self._row(application_id, key)
        return None if row is None else self._values(row)

    def put(self, application_id: str, key: str, values: Sequence[object]) -> Sequence[object]:
        """Set a key, anew if it was set; return it without secrets.

        Raises UnknownSetting, and InvalidSetting for a value that is none of this key's.
        """
        self._applications.lock(application_id)
        check = KEYS.get(key)
        if check is None:
            raise UnknownSetting(key)
        for place, value in enumerate(values):
            if hint := check(value):
                raise InvalidSetting(place, hint)
        row = self._row(application_id, key)
        if row is None:
            row = ApplicationSetting(id=str(uuid4()), application_id=application_id, key=key)
            self._session.add(row)
        text = json.dumps(list(values))
        row.values_sealed = self._vault.seal(text.encode(), context=f"{PLACE}:{row.id}")
        self._session.flush()
        self._journal.record(Name.APPLICATION_CONFIGURED, application_id, setting=key)
        return [_told(value) for value in values]

    def remove(self, application_id: str, key: str) -> None:
        """Set a key no more, whether it was set or not. Raises UnknownSetting."""
        self._applications.lock(application_id)
        if key not in KEYS:
            raise UnknownSetting(key)
        row = self._row(application_id, key)
        if row is not None:
            self._session.delete(row)
            self._session.flush()
            self._journal.record(
                Name.APPLICATION_CONFIGURED, application_id, setting=key, removed=1
            )

    def _row(self, application_id: str, key: str) -> ApplicationSetting | None:
        return self._session.scalar(
            select(ApplicationSetting).where(
                ApplicationSetting.application_id == application_id, ApplicationSetting.key == key
            )
        )

    def _values(self, row: ApplicationSetting) -> list[object]:
        text = self._vault.open(row.values_sealed, context=f"{PLACE}:{row.id}")
        values: list[object] = json.loads(text)
        return values


def _told(value: object) -> object:
    """Return a value without its secret, and whether there is one."""
    if not isinstance(value, dict):
        return value
    rest = {name: each for name, each in value.items() if name != SECRET}
    return {**rest, f"{SECRET}Set": bool(value.get(SECRET))}


def _name(value: object) -> str:
    return "" if isinstance(value, str) and 0 < len(value) <= 256 else "must be a name"  # noqa: PLR2004 - as long as all names


def _aaguid(value: object) -> str:
    try:
        is_one = isinstance(value, str) and str(UUID(value)) == value.lower()
    except ValueError:
        is_one = False
    return "" if is_one else "must be a UUID"


def _certificate(value: object) -> str:
    try:
        load_pem_x509_certificate(value.encode() if isinstance(value, str) else b"")
    except ValueError:
        return "must be a certificate (PEM)"
    return ""


def _provider(value: object) -> str:
    if not isinstance(value, dict):
        return "must be an object"
    for name in ("providerId", "clientId"):
        if _name(value.get(name)):
            return f"must have a {name}"
    secret = value.get(SECRET)
    if secret is not None and not isinstance(secret, str):
        return f"must have a text as {SECRET}"
    return ""


KEYS: Final[Mapping[str, Callable[[object], str]]] = {
    "fido2_attestation_fmt_allowed": _name,
    "fido2_aaguids_allowed": _aaguid,
    "fido2_root_ca_certs": _certificate,
    "oauth2_providers": _provider,
}
"""Key → what is wrong with one of its values, in the words of a violation; empty: nothing."""
