"""What a registered phone asks about itself: its status, its vault, where it can be reached."""

import re
import secrets
from datetime import datetime

from sqlalchemy import delete, or_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import clock
from app.crypto.activation import State, Status, unknown_status
from app.crypto.encoding import from_base64, to_base64
from app.crypto.errors import InvalidChallengeError
from app.crypto.primitives import KEY_BYTES
from app.crypto.signatures import SignatureType
from app.crypto.suite import suite_of
from app.errors import ActivationRefused, PushRegistrationFailed, VaultRefused
from app.events import Journal, Name
from app.mtoken.keyring import Keyring
from app.mtoken.lifecycle import Lifecycle
from app.mtoken.verdicts import Bearer, Refused, SignedOpened
from app.settings import MtokenSettings
from app.store.db import changed_one
from app.store.registrations import PushDevice

REASON = re.compile(r"[A-Za-z0-9_\-.]{3,255}")
VAULT_KINDS = {SignatureType.POSSESSION_KNOWLEDGE, SignatureType.POSSESSION_KNOWLEDGE_BIOMETRY}


class Phones:
    """Answers phones."""

    def __init__(
        self,
        session: Session,
        *,
        journal: Journal,
        keyring: Keyring,
        lifecycle: Lifecycle,
        settings: MtokenSettings,
    ) -> None:
        self._session = session
        self._journal = journal
        self._keyring = keyring
        self._lifecycle = lifecycle
        self._settings = settings

    def status(self, registration_id: str, challenge: str | None) -> dict[str, object]:
        """Return the encrypted status; nobody can tell a registration that is not there.

        Raises ActivationRefused for a challenge that is none.
        """
        try:
            asked = None if challenge is None else _challenge(challenge)
        except InvalidChallengeError as error:
            raise ActivationRefused(str(error)) from None
        nonce = secrets.token_bytes(KEY_BYTES)
        answer: dict[str, object] = {
            "activationId": registration_id,
            "encryptedStatusBlob": to_base64(self._blob(registration_id, asked, nonce)),
        }
        return answer if asked is None else answer | {"nonce": to_base64(nonce)}

    def _blob(self, registration_id: str, challenge: bytes | None, nonce: bytes) -> bytes:
        row = self._lifecycle.seen(registration_id)
        if row is None or row.keys_sealed is None:
            return unknown_status()
        status = Status(
            state=State[row.state],
            counter=self._keyring.counter(row),
            failed_attempts=row.failed_attempts,
            max_failed_attempts=row.max_failed_attempts,
            look_ahead=self._settings.look_ahead,
        )
        transport = self._keyring.keys(row).transport
        return suite_of(row.version).status_blob(status, transport, challenge, nonce)

    def unlock_vault(self, asked: SignedOpened) -> dict[str, object] | Refused:
        """Return the sealed key of the phone's own vault. Raises VaultRefused without a reason."""
        reason = asked.value.get("reason")
        if not isinstance(reason, str) or not REASON.fullmatch(reason):
            raise VaultRefused("no reason")
        kinds = set(VAULT_KINDS)
        if self._settings.vault_by_biometry:
            kinds.add(SignatureType.POSSESSION_BIOMETRY)
        if asked.signed.kind not in kinds:
            return Refused("not by these factors")
        row = asked.registration
        key = suite_of(row.version).encrypted_vault_key(self._keyring.keys(row))
        self._journal.record(Name.VAULT_UNLOCKED, row.id, reason=reason)
        return asked.answer({"encryptedVaultEncryptionKey": to_base64(key)})

    def reach(self, bearer: Bearer, platform: str, token: str, environment: str | None) -> None:
        """Note where a phone is reached; an address that another phone had is this one's now.

        Raises PushRegistrationFailed if both come at once: the phone tries again.
        """
        registration = bearer.registration
        row = PushDevice(
            registration_id=registration.id,
            platform=platform,
            environment=environment,
            created_at=clock.now(),
        )
        self._keyring.put_push_token(row, registration.application_id, token)
        former = or_(
            PushDevice.registration_id == registration.id,
            PushDevice.token_digest == row.token_digest,
        )
        try:
            with self._session.begin_nested():
                self._session.execute(delete(PushDevice).where(former))
                self._session.add(row)
        except IntegrityError as error:  # another phone has taken the address at this moment
            raise PushRegistrationFailed("taken") from error
        self._journal.record(Name.REGISTRATION_REACHABLE, registration.id, platform=platform)

    def forget(
        self, registration_id: str, application_id: str, token: str, *, before: datetime
    ) -> None:
        """Forget an address that is gone, unless the phone has told it again since."""
        gone = (
            delete(PushDevice)
            .where(PushDevice.registration_id == registration_id)
            .where(PushDevice.token_digest == self._keyring.push_digest(application_id, token))
            .where(PushDevice.created_at <= before)
        )
        if changed_one(self._session, gone):
            self._journal.record(Name.REGISTRATION_UNREACHABLE, registration_id)


def _challenge(text: str) -> bytes:
    return from_base64(text, InvalidChallengeError, size=KEY_BYTES)
