"""A phone brings an activation code and its key, and gets ours: from then on both share secrets."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.crypto import activation_code
from app.crypto.activation import State
from app.crypto.ecies import Purpose
from app.crypto.encoding import from_base64, json_object, same, to_base64
from app.crypto.encrypted_request import OpenedRequest
from app.crypto.errors import CannotDecryptError, InvalidKeyError, ProtocolError
from app.crypto.headers import EncryptionHeader
from app.crypto.keys import PublicKey
from app.crypto.suite import Suite
from app.crypto.versions import Version
from app.errors import ActivationRefused, EncryptionRefused
from app.mtoken.applications import Applications
from app.mtoken.envelopes import Envelopes
from app.mtoken.keyring import Keyring
from app.mtoken.lifecycle import MAX_FAILED_ATTEMPTS, Lifecycle
from app.mtoken.texts import needed, part, text
from app.mtoken.verdicts import Refused, sealed_answer
from app.store.applications import MobileApplication
from app.store.registrations import Registration

INVALID_KEY = "INVALID_KEY"
PLATFORMS = frozenset({"ios", "android", "hw", "unknown"})


class Pairing:
    """Exchanges keys."""

    def __init__(
        self,
        session: Session,
        *,
        applications: Applications,
        envelopes: Envelopes,
        keyring: Keyring,
        lifecycle: Lifecycle,
    ) -> None:
        self._session = session
        self._applications = applications
        self._envelopes = envelopes
        self._keyring = keyring
        self._lifecycle = lifecycle

    def activate(self, header: str | None, body: bytes) -> dict[str, object] | Refused:
        """Register a phone by its code; `header` is `X-PowerAuth-Encryption`.

        Raises ActivationRefused. What is Refused was counted, or has ended the registration.
        """
        try:
            return self._activate(EncryptionHeader.read(header or ""), body)
        except (ProtocolError, EncryptionRefused) as error:
            raise ActivationRefused(str(error)) from None

    def _activate(self, header: EncryptionHeader, body: bytes) -> dict[str, object] | Refused:
        application = self._applications.by_key(header.application_key)
        if application is None:
            raise ActivationRefused("no such application")
        fields = json_object(body, CannotDecryptError)
        outer = self._envelopes.open(fields, header.version, Purpose.APPLICATION, application)
        asked = json_object(outer.plain, CannotDecryptError)
        row = self._of_code(asked, application)
        if row is None or row.state != State.CREATED.name:
            # An expired one was removed on the way; that stays.
            return Refused("no registration waits for this code")
        inner = self._envelopes.open(
            part(asked, "activationData"),
            header.version,
            Purpose.ACTIVATION_LAYER_2,
            application,
        )
        about = json_object(inner.plain, CannotDecryptError)
        refused = self._check_otp(row, about) or self._exchange(row, about, header.version)
        return refused or self._answer(row, outer, inner)

    def _of_code(
        self, asked: Mapping[str, object], application: MobileApplication
    ) -> Registration | None:
        if asked.get("type") != "CODE":
            raise ActivationRefused("registered by something else than a code")
        code = activation_code.check(needed(part(asked, "identityAttributes"), "code"))
        digest = self._keyring.code_digest(application.id, code)
        wanted = select(Registration.id).where(Registration.code_digest == digest)
        found = self._session.scalar(wanted)
        return self._lifecycle.locked(found) if found else None

    def _check_otp(self, row: Registration, about: Mapping[str, object]) -> Refused | None:
        given = text(about, "activationOtp")
        expected = row.otp_digest if row.commit_phase == "ON_KEY_EXCHANGE" else None
        if given is None and expected is None:
            return None
        if given is None or expected is None:
            raise ActivationRefused("the one-time password is of the other phase")
        if same(self._keyring.otp_digest(row.id, given), expected):
            row.failed_attempts = 0
            return None
        return wrong_otp(row, self._lifecycle)

    def _exchange(
        self, row: Registration, about: Mapping[str, object], version: Version
    ) -> Refused | None:
        name, extras = text(about, "activationName"), text(about, "extras")
        info, platform = text(about, "deviceInfo"), (text(about, "platform") or "").lower()
        suite = Suite(version)
        try:
            device = PublicKey(from_base64(needed(about, "devicePublicKey"), InvalidKeyError))
            keys = suite.agree(self._keyring.server_key(row), device)
        except InvalidKeyError:
            self._lifecycle.move(row, State.REMOVED, INVALID_KEY)
            return Refused("not a key")
        row.device_public, row.version = device.uncompressed, version.name
        row.name, row.extras, row.device_info = name, extras, info
        row.platform = platform if platform in PLATFORMS else "unknown"
        self._keyring.put_keys(row, keys)
        self._keyring.put_counter(row, suite.first_counter())
        at_once = row.commit_phase == "ON_KEY_EXCHANGE"
        self._lifecycle.move(row, State.ACTIVE if at_once else State.PENDING_COMMIT)
        return None

    def _answer(
        self, row: Registration, outer: OpenedRequest, inner: OpenedRequest
    ) -> dict[str, object]:
        assert row.server_public is not None  # noqa: S101 - whoever has a code has it
        registered = {
            "activationId": row.id,
            "ctrData": to_base64(self._keyring.counter(row).data),
            "serverPublicKey": to_base64(row.server_public),
        }
        data = sealed_answer(inner, registered)
        return sealed_answer(outer, {"activationData": data, "customAttributes": {}})


def wrong_otp(row: Registration, lifecycle: Lifecycle) -> Refused:
    """Count a wrong one-time password; the last one ends the registration."""
    row.failed_attempts += 1
    if row.failed_attempts >= row.max_failed_attempts:
        lifecycle.move(row, State.REMOVED, MAX_FAILED_ATTEMPTS)
    return Refused("wrong one-time password")
