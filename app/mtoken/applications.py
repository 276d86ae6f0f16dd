"""Applications: made once with their keys; a phone's first words name one of them."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import clock
from app.crypto.encoding import to_base64
from app.crypto.keys import PrivateKey, PublicKey
from app.crypto.primitives import KEY_BYTES
from app.crypto.sdk_configuration import sdk_configuration
from app.errors import ApplicationAlreadyExists, ApplicationNotFound
from app.events import Journal, Name
from app.mtoken.keyring import Keyring
from app.store.applications import MobileApplication
from app.store.registrations import Registration


@dataclass(frozen=True)
class Application:
    """What is shown of an application; key, secret and point are Base64."""

    id: str
    name: str
    application_key: str
    application_secret: str = field(repr=False)
    master_public: str
    configuration: str = field(repr=False)
    """The one string for the makers of the app."""


class Applications:
    """Makes and finds them."""

    def __init__(self, session: Session, keyring: Keyring, journal: Journal) -> None:
        self._session = session
        self._keyring = keyring
        self._journal = journal

    def create(self, application_id: str, name: str) -> Application:
        """Make an application with new keys. Raises ApplicationAlreadyExists."""
        if self._session.get(MobileApplication, application_id) is not None:
            raise ApplicationAlreadyExists(application_id)
        row = MobileApplication(
            id=application_id,
            name=name,
            application_key=to_base64(secrets.token_bytes(KEY_BYTES)),
            created_at=clock.now(),
        )
        secret = to_base64(secrets.token_bytes(KEY_BYTES))
        self._keyring.put_master(row, secret, PrivateKey.generate())
        try:
            with self._session.begin_nested():
                self._session.add(row)
                self._session.flush()
        except IntegrityError:  # somebody else made it a moment ago
            raise ApplicationAlreadyExists(application_id) from None
        self._journal.record(Name.APPLICATION_CREATED, application_id)
        return self._shown(row)

    def ensure(self, application_id: str, name: str) -> None:
        """Make an application that is not there yet."""
        if self._session.get(MobileApplication, application_id) is None:
            self.create(application_id, name)

    def find(self, application_id: str) -> Application:
        """Return an application. Raises ApplicationNotFound."""
        return self._shown(self.row(application_id))

    def all(self) -> Sequence[Application]:
        """Return all applications by their ids."""
        rows = self._session.scalars(select(MobileApplication).order_by(MobileApplication.id))
        return [self._shown(row) for row in rows]

    def active_users(self, application_id: str, *, since: datetime) -> int:
        """Count the users who have used a phone there since then. Raises ApplicationNotFound."""
        self.row(application_id)
        users = select(func.count(Registration.user_id.distinct())).where(
            Registration.application_id == application_id, Registration.last_used_at >= since
        )
        return self._session.scalar(users) or 0

    def row(self, application_id: str) -> MobileApplication:
        """Return an application's row. Raises ApplicationNotFound."""
        row = self._session.get(MobileApplication, application_id)
        if row is None:
            raise ApplicationNotFound(application_id)
        return row

    def lock(self, application_id: str) -> None:
        """Let nobody else who locks this application go on until the transaction ends.

        Raises ApplicationNotFound.
        """
        held = (
            select(MobileApplication.id)
            .where(MobileApplication.id == application_id)
            .with_for_update(key_share=True)  # rows that refer to it may still be made
        )
        if self._session.scalar(held) is None:
            raise ApplicationNotFound(application_id)

    def by_key(self, application_key: str) -> MobileApplication | None:
        """Return the application that a phone names."""
        wanted = select(MobileApplication).where(
            MobileApplication.application_key == application_key
        )
        return self._session.scalar(wanted)

    def _shown(self, row: MobileApplication) -> Application:
        secret = self._keyring.application_secret(row)
        public = PublicKey(row.master_public)
        return Application(
            id=row.id,
            name=row.name,
            application_key=row.application_key,
            application_secret=secret,
            master_public=to_base64(row.master_public),
            configuration=sdk_configuration(row.application_key, secret, public),
        )
