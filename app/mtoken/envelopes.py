"""End-to-end encryption of requests: the right key, the right time, and never twice."""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy.orm import Session

from app import clock
from app.crypto.ecies import Purpose, Scope
from app.crypto.encrypted_request import EncryptedRequest, OpenedRequest
from app.crypto.errors import CannotDecryptError, ProtocolError
from app.crypto.keys import PrivateKey
from app.crypto.suite import Suite
from app.crypto.versions import Version
from app.errors import EncryptionRefused
from app.mtoken.keyring import Keyring
from app.mtoken.memory import Memory
from app.mtoken.verdicts import milliseconds
from app.settings import MtokenSettings
from app.store.applications import MobileApplication
from app.store.envelopes import TemporaryKeyRow
from app.store.registrations import Registration


class Envelopes:
    """Opens encrypted requests."""

    def __init__(
        self, session: Session, keyring: Keyring, memory: Memory, settings: MtokenSettings
    ) -> None:
        self._session = session
        self._keyring = keyring
        self._memory = memory
        self._settings = settings

    def open(
        self,
        fields: Mapping[str, object],
        version: Version,
        purpose: Purpose,
        application: MobileApplication,
        registration: Registration | None = None,
    ) -> OpenedRequest:
        """Open a request, once. Raises EncryptionRefused, whatever is wrong with it."""
        try:
            request = Suite(version).read_encrypted(fields)
            key = self._key(request, purpose, application, registration)
            opened = request.open(key, purpose, self._scope(application, registration))
            self._check_once(request, registration)
        except ProtocolError as error:
            raise EncryptionRefused(str(error)) from None
        return opened

    def _key(
        self,
        request: EncryptedRequest,
        purpose: Purpose,
        application: MobileApplication,
        registration: Registration | None,
    ) -> PrivateKey:
        if request.temporary_key_id is not None:
            return self._temporary(request.temporary_key_id, application, registration)
        return Suite(request.version).decryption_key(
            purpose,
            master=self._keyring.master(application),
            server=self._keyring.server_key(registration) if registration else None,
        )

    def _temporary(
        self, key_id: str, application: MobileApplication, registration: Registration | None
    ) -> PrivateKey:
        row = self._session.get(TemporaryKeyRow, key_id)
        of = (application.id, registration.id if registration else None)
        if row is None or (row.application_id, row.registration_id) != of:
            raise CannotDecryptError("no such temporary key")
        if row.expires_at <= clock.now():
            raise CannotDecryptError("an old temporary key")
        return self._keyring.temporary(row)

    def _scope(self, application: MobileApplication, registration: Registration | None) -> Scope:
        secret = self._keyring.application_secret(application)
        if registration is None:
            return Scope(application.application_key, secret)
        transport = self._keyring.keys(registration).transport
        return Scope(application.application_key, secret, registration.id, transport)

    def _check_once(self, request: EncryptedRequest, registration: Registration | None) -> None:
        """Refuse an old request, and one that came before; only the sealed ones are remembered."""
        kept = self._settings.old_request_age
        if request.timestamp is not None:
            age = timedelta(milliseconds=milliseconds() - request.timestamp)
            if abs(age) > self._settings.request_age:
                raise CannotDecryptError("not of this time")
            kept = 2 * self._settings.request_age
        value = request.unique_value(registration.id if registration else "")
        if not self._memory.takes("request", value, until=clock.now() + kept):
            raise CannotDecryptError("came before")
