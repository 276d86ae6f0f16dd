"""Passkeys and security keys: they register themselves, and sign what an operation is about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import clock
from app.crypto.activation import State
from app.crypto.encoding import to_base64url
from app.crypto.signatures import SignatureType
from app.crypto.vault import Vault
from app.events import Journal, Name
from app.mtoken.approving import Approving
from app.mtoken.challenges import challenge_of, enrollment_challenge, named
from app.mtoken.configuration import ApplicationConfiguration
from app.mtoken.handsets import UNVERIFIED, handset_of
from app.mtoken.lifecycle import MAX_FAILED_ATTEMPTS, Lifecycle
from app.mtoken.operation_views import Handset, Operation, Origin, Refusal
from app.mtoken.passkey_values import (
    ALGORITHMS,
    Attested,
    RelyingParty,
    Trust,
    Unproved,
    credential_id_in,
)
from app.mtoken.reading import Reading, claimable, seen_by
from app.nextstep.values import disturbing
from app.store.operations import OperationApplication, OperationRow
from app.store.passkeys import PasskeyRow
from app.store.registrations import FIDO2, Registration
from app.store.users import UserRow

TYPE: Final = "public-key"
LONGEST_LINE: Final = 256
ONE_FACTOR: Final = SignatureType.POSSESSION
TWO_FACTORS: Final = (SignatureType.POSSESSION_KNOWLEDGE, SignatureType.POSSESSION_BIOMETRY)


@dataclass(frozen=True)
class Passkey:
    """One credential that may sign."""

    registration_id: str
    credential_id: str
    name: str
    aaguid: str
    attestation_format: str
    transports: Sequence[str]
    is_backed_up: bool


@dataclass(frozen=True)
class Verdict:
    """What an answer came to; what was counted must be committed."""

    refusal: Refusal | None
    """None: the operation is approved."""
    registration_id: str | None = None
    """Whose answer it was, if anybody's."""
    reason: str = ""
    """For the log."""


class Passkeys:
    """Asks authenticators through a browser, and believes what they sign."""

    def __init__(  # noqa: PLR0913 - what a judgement consists of
        self,
        session: Session,
        vault: Vault,
        *,
        approving: Approving,
        configuration: ApplicationConfiguration,
        journal: Journal,
        lifecycle: Lifecycle,
        party: RelyingParty,
    ) -> None:
        self._session = session
        self._vault = vault
        self._approving = approving
        self._configuration = configuration
        self._journal = journal
        self._lifecycle = lifecycle
        self._party = party
        self._reading = Reading(session)

    def has(self, user_id: str, application_id: str) -> bool:
        """Tell whether a user has a passkey that may sign."""
        return bool(self.of_user(user_id, application_id))

    def of_user(self, user_id: str, application_id: str) -> Sequence[Passkey]:
        """Return the passkeys of a user that may sign, the newest first."""
        wanted = (
            select(Registration, PasskeyRow)
            .join(PasskeyRow, PasskeyRow.registration_id == Registration.id)
            .where(
                Registration.user_id == user_id,
                Registration.application_id == application_id,
                Registration.kind == FIDO2,
                Registration.state == State.ACTIVE.name,
            )
            .order_by(Registration.created_at.desc(), Registration.id)
        )
        found = self._session.execute(wanted)
        return [_seen(row, key) for row, key in found if not UNVERIFIED & set(row.flags)]

    def creation_options(
        self,
        operation: Operation,
        *,
        user_handle: str,
        user_name: str,
        display_name: str,
        selection: Mapping[str, str],
    ) -> dict[str, Any]:
        """Return what a browser makes a passkey with; `user_handle` is the id of `users`."""
        (application_id,) = operation.applications
        kept = self.of_user(operation.user_id or "", application_id)
        is_told = self._trust(application_id).asks_for_attestation
        return {
            "rp": {"id": self._party.id, "name": self._party.name},
            "user": {
                "id": to_base64url(user_handle.encode()),
                "name": user_name,
                "displayName": display_name,
            },
            "challenge": named(enrollment_challenge(self._vault, operation.id, operation.data)),
            "pubKeyCredParams": [{"type": TYPE, "alg": each} for each in ALGORITHMS],
            "timeout": self._milliseconds(operation),
            "excludeCredentials": [_descriptor(each) for each in kept],
            "authenticatorSelection": _selected(selection, operation),
            "attestation": "direct" if is_told else "none",
        }

    def request_options(
        self, operation: Operation, *, verification: str = "required"
    ) -> dict[str, Any]:
        """Return what a browser asks a passkey with; nobody's operation is for whoever has one."""
        usable = [
            each
            for application_id in operation.applications
            for each in self.of_user(operation.user_id or "", application_id)
            if operation.registration_id in (None, each.registration_id)
        ]
        return {
            "rpId": self._party.id,
            "challenge": named(challenge_of(operation.id, operation.data)),
            "timeout": self._milliseconds(operation),
            "allowCredentials": [_descriptor(each) for each in usable],
            "userVerification": verification,
        }

    def register(
        self, operation_id: str, response: object, *, name: str | None, origin: Origin
    ) -> Verdict:
        """Take the passkey that an authenticator has made for a registration that waits for it.

        The registration is ACTIVE and its operation APPROVED, or neither.
        """
        from app.mtoken.ceremonies import attested  # noqa: PLC0415 - see there

        row = self._waiting(operation_id)
        if row is None:
            return Verdict(Refusal.UNKNOWN, reason="no registration waits for it")
        made: Attested | None = None
        reason = ""

        def judge(operation: OperationRow) -> SignatureType | None:
            nonlocal made, reason
            try:
                made = attested(
                    response,
                    enrollment_challenge(self._vault, operation.id, operation.data),
                    self._party,
                    self._trust(row.application_id),
                    verified=_needs_verification(operation),
                )
                self._keep(row, made)
            except Unproved as error:
                reason = str(error)
                return None
            return _factors(operation, is_verified=made.is_verified)

        handset = handset_of(row)
        refusal = self._approving.approve_by(handset, operation_id, judge=judge, origin=origin)
        if refusal is None and made is not None:
            row.device_public, row.counter = made.public_key, made.counter
            row.name = _line(name or "") or None
            row.device_info = _line(origin.user_agent) or None
            self._lifecycle.move(row, State.ACTIVE)
        elif refusal is Refusal.FAILED:
            self._lifecycle.move(row, State.REMOVED, MAX_FAILED_ATTEMPTS)
        return Verdict(refusal, row.id, reason)

    def answer(self, operation_id: str, response: object, *, origin: Origin) -> Verdict:
        """Approve an operation by what a passkey has signed, or count it as wrong."""
        from app.mtoken.ceremonies import asserted  # noqa: PLC0415 - see there

        row = self._claimed(operation_id, response)
        if row is None:
            return self._count(operation_id, origin)
        key = self._session.get_one(PasskeyRow, row.id)
        reason = ""

        def judge(operation: OperationRow) -> SignatureType | None:
            nonlocal reason
            try:
                signed = asserted(
                    response,
                    challenge_of(operation.id, operation.data),
                    self._party,
                    public_key=row.device_public or b"",
                    counter=row.counter,
                    verified=_needs_verification(operation),
                )
                self._check_owner(row, signed.user_handle, is_needed=operation.user_id is None)
            except Unproved as error:
                reason = str(error)
                return None
            row.counter, row.last_used_at = signed.counter, clock.now()
            key.is_backed_up = signed.is_backed_up
            return _factors(operation, is_verified=signed.is_verified)

        handset = handset_of(row)
        refusal = self._approving.approve_by(handset, operation_id, judge=judge, origin=origin)
        if reason:
            self._journal.record(Name.SIGNATURE_REFUSED, row.id, kind=FIDO2, reason=_line(reason))
        elif refusal is None:
            self._journal.record(Name.SIGNATURE_ACCEPTED, row.id, kind=FIDO2, place=row.counter)
        return Verdict(refusal, row.id, reason)

    def _waiting(self, operation_id: str) -> Registration | None:
        """Return the registration that an operation of enrolment is about, locked."""
        operation = self._reading.row(operation_id)
        if operation is None or operation.registration_id is None:
            return None
        row = self._lifecycle.locked(operation.registration_id)
        is_waiting = row is not None and row.kind == FIDO2 and row.state == State.CREATED.name
        return row if is_waiting else None

    def _keep(self, row: Registration, made: Attested) -> None:
        """Note a credential; one that is known already is nobody else's."""
        try:
            with self._session.begin_nested():
                self._session.add(
                    PasskeyRow(
                        registration_id=row.id,
                        credential_id=made.credential_id,
                        aaguid=made.aaguid,
                        attestation_format=made.attestation_format,
                        transports=list(made.transports),
                        is_backed_up=made.is_backed_up,
                    )
                )
        except IntegrityError:
            raise Unproved("the credential is registered already") from None

    def _claimed(self, operation_id: str, response: object) -> Registration | None:
        """Return the passkey that claims to have signed, locked, if it may sign this at all."""
        wanted = select(PasskeyRow.registration_id).where(
            PasskeyRow.credential_id == credential_id_in(response)
        )
        registration_id = self._session.scalar(wanted)
        row = None if registration_id is None else self._lifecycle.locked(registration_id)
        if row is None or row.state != State.ACTIVE.name:
            return None
        handset = handset_of(row)
        seen = self._reading.row(operation_id, claimable(handset), *seen_by(handset))
        return None if seen is None else row

    def _count(self, operation_id: str, origin: Origin) -> Verdict:
        """Count an answer of no passkey that may sign this against the operation."""
        row = self._reading.row(operation_id)
        if row is None:
            return Verdict(Refusal.UNKNOWN, reason="no such operation")
        of_operation = OperationApplication.operation_id == row.id
        application_id = self._session.scalars(
            select(OperationApplication.application_id).where(of_operation)
        ).first()
        nobody = Handset(
            row.registration_id or "", row.user_id or "", application_id or "", kind=FIDO2
        )
        refusal = self._approving.approve_by(
            nobody, operation_id, judge=lambda _: None, origin=origin
        )
        return Verdict(refusal, reason="no passkey that may sign it")

    def _check_owner(self, row: Registration, handle: bytes | None, *, is_needed: bool) -> None:
        """Refuse a passkey that says it is somebody else's than it was made for."""
        if handle is None:
            if is_needed:
                raise Unproved("it does not say whose it is")
            return
        owner = select(UserRow.id).where(
            UserRow.application_id == row.application_id, UserRow.user_id == row.user_id
        )
        if handle != (self._session.scalar(owner) or "").encode():
            raise Unproved("made for another user")

    def _trust(self, application_id: str) -> Trust:
        def listed(name: str) -> list[str] | None:
            values = self._configuration.find(application_id, f"fido2_{name}")
            return None if values is None else [str(value) for value in values]

        roots = listed("root_ca_certs")
        return Trust(
            formats=listed("attestation_fmt_allowed"),
            aaguids=listed("aaguids_allowed"),
            roots=None if roots is None else [each.encode() for each in roots],
        )

    def _milliseconds(self, operation: Operation) -> int:
        left = operation.expires_at - clock.now()
        return max(0, int(min(self._party.timeout, left).total_seconds() * 1000))


def _needs_verification(operation: OperationRow) -> bool:
    """Tell whether an operation takes nothing less than two factors."""
    return ONE_FACTOR.value not in operation.factors


def _factors(operation: OperationRow, *, is_verified: bool) -> SignatureType:
    """Return what was proved.

    Nobody learns whether an owner was known by a PIN or by a finger: it is whichever of both the
    operation takes.
    """
    if not is_verified:
        return ONE_FACTOR
    return next((each for each in TWO_FACTORS if each.value in operation.factors), TWO_FACTORS[0])


def _line(text: str) -> str:
    """Return a stranger's text as it can be kept."""
    return "".join(char for char in text if char != "\n" and not disturbing(char))[:LONGEST_LINE]


def _selected(selection: Mapping[str, str], operation: Operation) -> dict[str, Any]:
    """Return which authenticators are asked; older browsers read of resident keys alone.

    A key that could not verify its owner could approve nothing later.
    """
    selected: dict[str, Any] = dict(selection)
    if ONE_FACTOR not in operation.factors:
        selected["userVerification"] = "required"
    return selected | {"requireResidentKey": selection.get("residentKey") == "required"}


def _descriptor(key: Passkey) -> dict[str, Any]:
    told = {"transports": list(key.transports)} if key.transports else {}
    return {"type": TYPE, "id": key.credential_id, **told}


def _seen(row: Registration, key: PasskeyRow) -> Passkey:
    return Passkey(
        registration_id=row.id,
        credential_id=key.credential_id,
        name=row.name or "",
        aaguid=key.aaguid,
        attestation_format=key.attestation_format,
        transports=tuple(str(each) for each in key.transports),
        is_backed_up=key.is_backed_up,
    )
