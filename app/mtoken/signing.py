"""Signatures of phones: judged under the lock of the registration, counted, and never twice.

For every room and door that lets a phone sign something:

    verdict = signing.verify(header, "POST", "/operation/authorize", body)
    if isinstance(verdict, Refused):
        ...  # commit, then answer 401: the failed attempt is counted

`Signed` tells whose phone it is and by which factors; the registration stays locked until the
transaction ends, and the code is used up if it is committed.
"""

from collections.abc import Iterable

from app import clock
from app.crypto.activation import State
from app.crypto.ecies import Purpose
from app.crypto.encoding import json_object
from app.crypto.errors import CannotDecryptError, ProtocolError
from app.crypto.headers import EncryptionHeader, SignatureHeader
from app.crypto.offline_code import code_from_digits, find
from app.crypto.request_data import query_as_body, signed_data
from app.crypto.signatures import Codes, SignatureType
from app.crypto.suite import Suite
from app.crypto.versions import Version, version_of
from app.errors import EncryptionRefused
from app.events import Journal, Name
from app.mtoken.applications import Applications
from app.mtoken.envelopes import Envelopes
from app.mtoken.keyring import Keyring
from app.mtoken.lifecycle import MAX_FAILED_ATTEMPTS, Lifecycle
from app.mtoken.verdicts import Opened, Refused, Signed, SignedOpened
from app.settings import MtokenSettings
from app.store.applications import MobileApplication
from app.store.registrations import POWERAUTH, Registration


class Signing:
    """Judges signatures, with and without encryption."""

    def __init__(  # noqa: PLR0913 - what a judgement consists of
        self,
        *,
        applications: Applications,
        envelopes: Envelopes,
        journal: Journal,
        keyring: Keyring,
        lifecycle: Lifecycle,
        settings: MtokenSettings,
    ) -> None:
        self._applications = applications
        self._envelopes = envelopes
        self._journal = journal
        self._keyring = keyring
        self._lifecycle = lifecycle
        self._settings = settings

    def verify(  # noqa: PLR0913 - what a request consists of
        self,
        header: str | None,
        method: str,
        uri_id: str,
        body: bytes,
        query: str = "",
        *,
        within: frozenset[str] | None = None,
    ) -> Signed | Refused:
        """Judge `X-PowerAuth-Authorization` of a request; locks the registration.

        `uri_id` is the constant that the phone signs instead of the address; where there is no
        body the query stands in for it. A wrong code counts, and the last one blocks the phone;
        nothing counts for a phone of an application that is not `within`: it is not there.
        """
        try:
            read = SignatureHeader.read(header or "")
        except ProtocolError as error:
            return Refused(str(error))
        row = self._lifecycle.locked(read.activation_id, within)
        if row is None or row.kind != POWERAUTH:  # nothing counts against what signs otherwise
            return Refused("unknown")
        return self._judge(row, read, method, uri_id, body or query_as_body(query))

    def verify_sealed(
        self, header: str | None, uri_id: str, body: bytes, purpose: str | None = None
    ) -> SignedOpened | Refused:
        """Open an encrypted POST, then judge the signature over the encrypted body.

        Raises EncryptionRefused: also for a registration or application that is not there, so
        that nobody can tell. `purpose` is what it is encrypted for, if that is not `uri_id`.
        """
        try:
            read = SignatureHeader.read(header or "")
        except ProtocolError as error:
            return Refused(str(error))
        row = self._lifecycle.locked(read.activation_id)
        opened = self._open(row, read.version, read.application_key, body, purpose or uri_id)
        verdict = self._judge(opened.registration, read, "POST", uri_id, body)
        if isinstance(verdict, Refused):
            return verdict
        return SignedOpened(opened.registration, opened.request, opened.value, verdict)

    def verify_offline(
        self,
        row: Registration,
        digits: str,
        signed: Iterable[bytes],
        *,
        allow_biometry: bool,
        counts: bool,
    ) -> Signed | Refused:
        """Judge digits that a person copied from a phone; its registration is ACTIVE and locked.

        `signed` is everything that the phone may have signed; `counts`: wrong ones are held
        against it. Raises InvalidSignatureError for what are not the digits of a code.
        """
        code = code_from_digits(digits)
        codes = Codes(
            self._keyring.keys(row), self._keyring.counter(row), self._settings.look_ahead
        )
        match = find(code, signed, codes, allow_biometry=allow_biometry)
        facts = {"kind": match.kind.value if match else "offline", "version": row.version}
        if match is None:
            if counts:
                self._count_failure(row)
            self._journal.record(
                Name.SIGNATURE_REFUSED,
                row.id,
                reason="signature_does_not_match",
                failed=row.failed_attempts,
                **facts,
            )
            return Refused("signature_does_not_match")
        self._keyring.put_counter(row, match.place.next())
        row.last_used_at, row.failed_attempts = clock.now(), 0
        self._journal.record(Name.SIGNATURE_ACCEPTED, row.id, place=match.place.number, **facts)
        return Signed(row, match.kind)

    def open(self, header: str | None, body: bytes, purpose: str) -> Opened:
        """Open an encrypted request of an ACTIVE registration that nobody has signed.

        `header` is `X-PowerAuth-Encryption`. Raises EncryptionRefused.
        """
        try:
            read = EncryptionHeader.read(header or "")
        except ProtocolError as error:
            raise EncryptionRefused(str(error)) from None
        row = self._lifecycle.seen(read.activation_id or "")
        opened = self._open(row, read.version, read.application_key, body, purpose)
        if opened.registration.state != State.ACTIVE.name:
            raise EncryptionRefused("not active")
        return opened

    def _open(
        self,
        row: Registration | None,
        version: Version,
        application_key: str,
        body: bytes,
        purpose: str,
    ) -> Opened:
        application = self._application(row, application_key)
        if row is None or row.keys_sealed is None or application is None:
            raise EncryptionRefused("unknown")
        try:
            fields = json_object(body, CannotDecryptError)
            request = self._envelopes.open(fields, version, Purpose(purpose), application, row)
            value = json_object(request.plain or b"{}", CannotDecryptError)
        except CannotDecryptError as error:
            raise EncryptionRefused(str(error)) from None
        return Opened(row, request, value)

    def _judge(
        self, row: Registration, read: SignatureHeader, method: str, uri_id: str, body: bytes
    ) -> Signed | Refused:
        if row.state != State.ACTIVE.name:
            return self._refused(row, read, "activation_invalid_state")
        application = self._application(row, read.application_key)
        if application is None:
            self._count(row, read)
            return self._refused(row, read, "activation_invalid_application")
        secret = self._keyring.application_secret(application)
        data = signed_data(method, uri_id, read.nonce, body, secret)
        codes = Codes(
            self._keyring.keys(row), self._keyring.counter(row), self._settings.look_ahead
        )
        place = None
        if not _is_step_down(row, read.version):
            place = Suite(read.version).find_code(read.signature, data, read.kind, codes)
        if place is None:
            self._count(row, read)
            return self._refused(row, read, "signature_does_not_match")
        self._keyring.put_counter(row, place.next())
        row.last_used_at = clock.now()
        if read.kind is not SignatureType.POSSESSION:
            row.failed_attempts = 0
        facts = {"kind": read.kind.value, "version": read.version.name, "place": place.number}
        self._journal.record(Name.SIGNATURE_ACCEPTED, row.id, **facts)
        return Signed(row, read.kind)

    def _application(
        self, row: Registration | None, application_key: str
    ) -> MobileApplication | None:
        """Return the application that was named, if the registration is one of its own."""
        named = self._applications.by_key(application_key)
        is_its = row is not None and named is not None and named.id == row.application_id
        return named if is_its else None

    def _count(self, row: Registration, read: SignatureHeader) -> None:
        """Count a failure, if a person could have been guessed; the last one blocks the phone."""
        if read.kind is not SignatureType.POSSESSION:
            self._count_failure(row)

    def _count_failure(self, row: Registration) -> None:
        row.failed_attempts += 1
        if row.failed_attempts >= row.max_failed_attempts:
            self._lifecycle.move(row, State.BLOCKED, MAX_FAILED_ATTEMPTS)

    def _refused(self, row: Registration, read: SignatureHeader, reason: str) -> Refused:
        self._journal.record(
            Name.SIGNATURE_REFUSED,
            row.id,
            kind=read.kind.value,
            version=read.version.name,
            reason=reason,
            failed=row.failed_attempts,
        )
        return Refused(reason)


def _is_step_down(row: Registration, version: Version) -> bool:
    """Tell whether a phone that signs by bytes comes with digits, which are easier to guess."""
    digits = version.signature_format == "DECIMAL"
    return digits and version_of(row.version).signature_format != "DECIMAL"
