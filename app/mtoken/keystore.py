"""Temporary keys: a phone asks with what only it and we know, and encrypts for the key (3.3)."""

from uuid import uuid4

from sqlalchemy.orm import Session

from app import clock
from app.crypto.activation import State
from app.crypto.errors import InvalidKeyRequestError, ProtocolError
from app.crypto.keys import PrivateKey
from app.crypto.suite import suite_of
from app.crypto.temporary_keys import KeyRequest, TemporaryKey
from app.errors import TemporaryKeyRefused
from app.mtoken.applications import Applications
from app.mtoken.keyring import Keyring
from app.settings import MtokenSettings
from app.store.applications import MobileApplication
from app.store.envelopes import TemporaryKeyRow
from app.store.registrations import POWERAUTH, Registration

MAY_ASK = {State.ACTIVE.name, State.BLOCKED.name}
FIRST_VERSION = "3.3"


class Keystore:
    """Gives out temporary keys."""

    def __init__(
        self,
        session: Session,
        *,
        applications: Applications,
        keyring: Keyring,
        settings: MtokenSettings,
    ) -> None:
        self._session = session
        self._applications = applications
        self._keyring = keyring
        self._settings = settings

    def create(self, jwt: str) -> str:
        """Answer the JWT of a phone with one of ours. Raises TemporaryKeyRefused."""
        try:
            return self._create(suite_of(FIRST_VERSION).read_key_request(jwt))
        except ProtocolError as error:
            raise TemporaryKeyRefused(str(error)) from None

    def _create(self, request: KeyRequest) -> str:
        application = self._applications.by_key(request.application_key)
        if application is None:
            raise InvalidKeyRequestError("no such application")
        registration = self._registration(request, application)
        transport = self._keyring.keys(registration).transport if registration else None
        request.check(self._keyring.application_secret(application), transport)
        signer = (
            self._keyring.server_key(registration)
            if registration
            else self._keyring.master(application)
        )
        return self._made(application, registration).answer(request, signer)

    def _registration(
        self, request: KeyRequest, application: MobileApplication
    ) -> Registration | None:
        if request.activation_id is None:
            return None
        row = self._session.get(Registration, request.activation_id)
        known = row is not None and row.kind == POWERAUTH and row.application_id == application.id
        if row is None or not known or row.state not in MAY_ASK:
            raise InvalidKeyRequestError("no such registration")
        return row

    def _made(
        self, application: MobileApplication, registration: Registration | None
    ) -> TemporaryKey:
        private, moment = PrivateKey.generate(), clock.now()
        row = TemporaryKeyRow(
            id=str(uuid4()),
            application_id=application.id,
            registration_id=registration.id if registration else None,
            created_at=moment,
            expires_at=moment + self._settings.temporary_key_lifetime,
        )
        self._keyring.put_temporary(row, private)
        self._session.add(row)
        issued, expires = map(clock.milliseconds, (moment, row.expires_at))
        return TemporaryKey(row.id, private.public, issued, expires)
