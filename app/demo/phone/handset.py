"""A registered phone: the calls that it makes. Before that, see `pairing.py`."""

import secrets

from app.demo.phone import temporary_keys, tokens, vault
from app.demo.phone.calls import (
    AUTHORIZATION,
    ENCRYPTION,
    TOKEN,
    Asked,
    Call,
    compact,
    opened,
    part,
    text,
)
from app.demo.phone.configuration import Configuration
from app.demo.phone.primitives import b64, public_key, unb64
from app.demo.phone.sealing import Parties, Route, Target, seal
from app.demo.phone.signing import POSSESSION, Proof, authorization, header
from app.demo.phone.state import PhoneState
from app.demo.phone.status import Status

KEYSTORE = "/pa/v3/keystore/create"
APP = "/api/auth/token/app/operation"
GENERIC = "/pa/generic/activation"
"""What requests about a registration are encrypted for."""
CHALLENGE_SIZE = 16
KEY_CHALLENGE_SIZE = 18


def ask_for_app_key(configuration: Configuration, now: int) -> Asked[temporary_keys.TemporaryKey]:
    """Ask for a temporary key before there is a registration."""
    parties = Parties("3.3", configuration.application_key, configuration.application_secret)
    return _ask(parties, configuration.master_public, now)


def lasting_app_key(configuration: Configuration) -> Target:
    """Return what versions before 3.3 encrypt for before there is a registration."""
    return Target(public_key(unb64(configuration.master_public)))


class Handset:
    """Makes calls from a state; what it changes is the state alone."""

    def __init__(self, state: PhoneState) -> None:
        self.state = state

    def status(self) -> Asked[Status]:
        """Ask what the portal thinks of this registration."""
        transport = unb64(self.state.transport)
        asked = {"activationId": self.state.activation_id}
        challenge = b""
        if self.state.version != "3.0":
            challenge = secrets.token_bytes(CHALLENGE_SIZE)
            asked["challenge"] = b64(challenge)

        def read(body: bytes) -> Status:
            answer = part(opened(body), "responseObject")
            nonce = unb64(answer.get("nonce")) if challenge else b""
            return Status.read(
                unb64(answer.get("encryptedStatusBlob")), transport, challenge, nonce
            )

        return Asked(Call.of("/pa/v3/activation/status", {"requestObject": asked}), read)

    def ask_for_key(self, now: int) -> Asked[temporary_keys.TemporaryKey]:
        """Ask for a temporary key of this registration (3.3)."""
        return _ask(self._parties(), self.state.server_public, now)

    def lasting_key(self) -> Target:
        """Return what versions before 3.3 encrypt for."""
        return Target(public_key(unb64(self.state.server_public)))

    def signed(self, path: str, uri_id: str, value: object, proof: Proof) -> Call:
        """Make any signed call."""
        body = compact(value)
        signature = authorization(self.state, proof, uri_id, body)
        return Call(path, body, {AUTHORIZATION: signature})

    def approve(
        self, operation_id: str, data: str, proof: Proof, *, scanned_totp: str | None = None
    ) -> Call:
        """Approve an operation, whose data must be exactly what was shown."""
        wanted: dict[str, object] = {"id": operation_id, "data": data}
        if scanned_totp is not None:
            wanted["proximityCheck"] = {"otp": scanned_totp, "type": "QR_CODE"}
        value = {"requestObject": wanted}
        return self.signed(f"{APP}/authorize", "/operation/authorize", value, proof)

    def reject(self, operation_id: str, reason: str = "UNKNOWN") -> Call:
        """Reject an operation."""
        value = {"requestObject": {"id": operation_id, "reason": reason}}
        return self.signed(f"{APP}/cancel", "/operation/cancel", value, POSSESSION)

    def history(self, proof: Proof) -> Call:
        """Ask for all operations, which takes two factors."""
        return self.signed(f"{APP}/history", "/operation/history", {}, proof)

    def rename(self, name: str, route: Route, proof: Proof) -> Asked[dict[str, object]]:
        """Ask to be called otherwise, which takes two factors."""
        value = {"activationName": name}
        return self._signed_and_sealed("/pa/v3/activation/rename", value, route, proof, GENERIC)

    def user_info(self, route: Route) -> Asked[dict[str, object]]:
        """Ask whose phone this is."""
        sealed = seal(compact({}), GENERIC, self._parties(), route)
        state = self.state
        encryption = header(
            version=state.version,
            application_key=state.application_key,
            activation_id=state.activation_id,
        )
        call = Call.of("/pa/v3/user/info", sealed.fields, {ENCRYPTION: encryption})
        return Asked(call, lambda body: opened(sealed.open(opened(body))))

    def remove(self) -> Call:
        """End this registration."""
        uri_id = "/pa/activation/remove"
        return self.signed("/pa/v3/activation/remove", uri_id, {}, POSSESSION)

    def create_token(self, route: Route, name: str = tokens.UNIVERSAL) -> Asked[None]:
        """Ask for a token, by possession, and remember it."""
        asked = self._signed_and_sealed("/pa/v3/token/create", {}, route, POSSESSION)

        def read(body: bytes) -> None:
            answer = asked.read(body)
            token_id, secret = text(answer, "tokenId"), text(answer, "tokenSecret")
            tokens.keep(self.state, name, token_id, secret)

        return Asked(asked.call, read)

    def remove_token(self, name: str = tokens.UNIVERSAL) -> Call:
        """Give a token back."""
        value = {"requestObject": {"tokenId": tokens.forget(self.state, name)}}
        return self.signed("/pa/v3/token/remove", "/pa/token/remove", value, POSSESSION)

    def with_token(self, path: str, value: object, now: int, name: str = tokens.UNIVERSAL) -> Call:
        """Make a call that a token is enough for."""
        return Call.of(path, value, {TOKEN: tokens.token_header(self.state, name, now)})

    def unlock_vault(self, reason: str, route: Route, proof: Proof) -> Asked[bytes]:
        """Ask for the vault key."""
        asked = self._signed_and_sealed("/pa/v3/vault/unlock", {"reason": reason}, route, proof)

        def read(body: bytes) -> bytes:
            return vault.vault_key(
                self.state, text(asked.read(body), "encryptedVaultEncryptionKey")
            )

        return Asked(asked.call, read)

    def _signed_and_sealed(
        self, path: str, value: object, route: Route, proof: Proof, purpose: str = ""
    ) -> Asked[dict[str, object]]:
        """Encrypt, then sign what is encrypted."""
        uri_id = path.replace("/v3", "")
        sealed = seal(compact(value), purpose or uri_id, self._parties(), route)
        call = self.signed(path, uri_id, sealed.fields, proof)
        return Asked(call, lambda body: opened(sealed.open(opened(body))))

    def _parties(self) -> Parties:
        state = self.state
        return Parties(
            state.version,
            state.application_key,
            state.application_secret,
            state.activation_id,
            unb64(state.transport),
        )


def _ask(parties: Parties, signer: str, now: int) -> Asked[temporary_keys.TemporaryKey]:
    challenge = b64(secrets.token_bytes(KEY_CHALLENGE_SIZE))
    question = temporary_keys.ask(parties, signer, challenge)
    call = Call.of(KEYSTORE, {"requestObject": {"jwt": question.jwt}})

    def read(body: bytes) -> temporary_keys.TemporaryKey:
        return question.accept(text(part(opened(body), "responseObject"), "jwt"), now)

    return Asked(call, read)
