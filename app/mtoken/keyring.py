"""The only place where keys of applications and registrations are sealed and opened."""

from dataclasses import astuple

from app.crypto.counter import HashCounter
from app.crypto.keys import ActivationKeys, PrivateKey
from app.crypto.primitives import KEY_BYTES
from app.crypto.vault import Vault
from app.store.applications import MobileApplication, PushCredentialsRow
from app.store.envelopes import TemporaryKeyRow
from app.store.registrations import PushDevice, Registration, RegistrationToken


class Keyring:
    """Puts secrets into rows and takes them out; each is sealed for its own place."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def put_master(self, row: MobileApplication, secret: str, master: PrivateKey) -> None:
        """Keep what an application was made with."""
        row.secret_sealed = self._seal("mobile_applications.secret", row.id, secret.encode())
        row.master_key_sealed = self._seal("mobile_applications.master_key", row.id, master.raw)
        row.master_public = master.public.uncompressed

    def master(self, row: MobileApplication) -> PrivateKey:
        """Return our key of an application."""
        sealed = row.master_key_sealed
        return PrivateKey(self._open("mobile_applications.master_key", row.id, sealed))

    def application_secret(self, row: MobileApplication) -> str:
        """Return the secret of an application, Base64 text."""
        return self._open("mobile_applications.secret", row.id, row.secret_sealed).decode()

    def put_server_key(self, row: Registration, server: PrivateKey) -> None:
        """Keep our key of a registration."""
        row.server_key_sealed = self._seal("registrations.server_key", row.id, server.raw)
        row.server_public = server.public.uncompressed

    def server_key(self, row: Registration) -> PrivateKey:
        """Return our key of a registration."""
        if row.server_key_sealed is None:
            raise ValueError("it is registered by its public key alone")
        return PrivateKey(self._open("registrations.server_key", row.id, row.server_key_sealed))

    def put_code(self, row: Registration, code: str) -> None:
        """Keep an activation code: to be shown, and to be recognised."""
        row.code_sealed = self._seal("registrations.code", row.id, code.encode())
        row.code_digest = self.code_digest(row.application_id, code)

    def code(self, row: Registration) -> str | None:
        """Return the activation code, while no phone has used it."""
        if row.code_sealed is None:
            return None
        return self._open("registrations.code", row.id, row.code_sealed).decode()

    def code_digest(self, application_id: str, code: str) -> str:
        """Return what an activation code is recognised by."""
        return self._vault.digest(f"{code}:{application_id}", purpose="registrations.code")

    def otp_digest(self, registration_id: str, otp: str) -> str:
        """Return what a one-time password is recognised by."""
        return self._vault.digest(f"{registration_id}:{otp}", purpose="registrations.otp")

    def put_keys(self, row: Registration, keys: ActivationKeys) -> None:
        """Keep what both sides have derived."""
        row.keys_sealed = self._seal("registrations.keys", row.id, b"".join(astuple(keys)))

    def keys(self, row: Registration) -> ActivationKeys:
        """Return what both sides have derived."""
        if row.keys_sealed is None:
            raise ValueError("no phone has used this registration yet")
        raw = self._open("registrations.keys", row.id, row.keys_sealed)
        return ActivationKeys(
            *(raw[start : start + KEY_BYTES] for start in range(0, len(raw), KEY_BYTES))
        )

    def put_counter(self, row: Registration, counter: HashCounter) -> None:
        """Keep the place of the next code. It never goes back."""
        if counter.number < row.counter:
            raise ValueError("a counter never goes back")
        row.counter = counter.number
        row.counter_data_sealed = self._seal("registrations.counter_data", row.id, counter.data)

    def counter(self, row: Registration) -> HashCounter:
        """Return the place of the next code."""
        if row.counter_data_sealed is None:
            raise ValueError("no phone has used this registration yet")
        data = self._open("registrations.counter_data", row.id, row.counter_data_sealed)
        return HashCounter(row.counter, data)

    def put_token(self, row: RegistrationToken, secret: bytes) -> None:
        """Keep the secret of a token."""
        row.secret_sealed = self._seal("registration_tokens.secret", row.id, secret)

    def token(self, row: RegistrationToken) -> bytes:
        """Return the secret of a token."""
        return self._open("registration_tokens.secret", row.id, row.secret_sealed)

    def put_temporary(self, row: TemporaryKeyRow, private: PrivateKey) -> None:
        """Keep a temporary key."""
        row.private_sealed = self._seal("temporary_keys.private", row.id, private.raw)

    def temporary(self, row: TemporaryKeyRow) -> PrivateKey:
        """Return a temporary key."""
        return PrivateKey(self._open("temporary_keys.private", row.id, row.private_sealed))

    def put_push_token(self, row: PushDevice, application_id: str, token: str) -> None:
        """Keep the address of a phone: to be used, and to be recognised."""
        row.token_sealed = self._seal("push_devices.token", row.registration_id, token.encode())
        row.token_digest = self.push_digest(application_id, token)

    def push_token(self, row: PushDevice) -> str:
        """Return the address of a phone."""
        return self._open("push_devices.token", row.registration_id, row.token_sealed).decode()

    def push_digest(self, application_id: str, token: str) -> str:
        """Return what the address of a phone is recognised by."""
        return self._vault.digest(f"{token}:{application_id}", purpose="push_devices.token")

    def put_push_secret(self, row: PushCredentialsRow, secret: str) -> None:
        """Keep what proves to a provider who we are."""
        row.secret_sealed = self._seal("push_credentials.secret", row.id, secret.encode())

    def push_secret(self, row: PushCredentialsRow) -> str:
        """Return what proves to a provider who we are."""
        return self._open("push_credentials.secret", row.id, row.secret_sealed).decode()

    def _seal(self, place: str, key: str, secret: bytes) -> bytes:
        return self._vault.seal(secret, context=f"{place}:{key}")

    def _open(self, place: str, key: str, sealed: bytes) -> bytes:
        return self._vault.open(sealed, context=f"{place}:{key}")
