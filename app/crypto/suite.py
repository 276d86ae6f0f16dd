"""One version of the protocol behind one object: rooms ask it, so that 4.0 can stand beside it.

What a caller gets from headers names a version; `Suite(header.version)` does everything whose
bytes depend on it. What is the same in every 3.x is here too where 4.0 will differ.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from app.crypto import activation, ecies, signatures, temporary_keys, tokens
from app.crypto.counter import HashCounter
from app.crypto.encrypted_request import EncryptedRequest
from app.crypto.errors import UnsupportedVersionError
from app.crypto.headers import TokenHeader
from app.crypto.keys import ActivationKeys, PrivateKey, PublicKey
from app.crypto.primitives import KEY_BYTES
from app.crypto.versions import Version, version_of


@dataclass(frozen=True)
class Suite:
    """The algorithms of one version."""

    version: Version

    def agree(self, server: PrivateKey, device: PublicKey) -> ActivationKeys:
        """Derive the keys that a registration shares."""
        return ActivationKeys.agree(server, device)

    def first_counter(self) -> HashCounter:
        """Begin the chain of a new registration."""
        return HashCounter(0, secrets.token_bytes(KEY_BYTES))

    def fingerprint(self, device: PublicKey, activation_id: str, server: PublicKey) -> str:
        """Return the digits that a person compares."""
        return activation.fingerprint(device, activation_id, server)

    def find_code(
        self, code: str, data: bytes, kind: signatures.SignatureType, codes: signatures.Codes
    ) -> HashCounter | None:
        """Return the place of an online code in the window, or None if it is wrong."""
        return codes.find(code, data, kind, signatures.writer_of(self.version))

    def is_token_digest(self, header: TokenHeader, secret: bytes) -> bool:
        """Tell whether a header was made with the token's secret."""
        return tokens.is_token_digest(
            header.digest, secret, header.nonce, header.timestamp, self.version
        )

    def read_encrypted(self, fields: Mapping[str, object]) -> EncryptedRequest:
        """Read an encrypted request. Raises CannotDecryptError."""
        return EncryptedRequest.read(fields, self.version)

    def decryption_key(
        self, purpose: ecies.Purpose, *, master: PrivateKey, server: PrivateKey | None
    ) -> PrivateKey:
        """Return which lasting key a request is for, in versions without temporary ones."""
        if self.version.has_temporary_key:
            raise UnsupportedVersionError("this version encrypts for temporary keys alone")
        if purpose.is_of_application:
            return master
        if server is None:
            raise ValueError(f"{purpose} needs a registration's key")
        return server

    def read_key_request(self, jwt: str) -> temporary_keys.KeyRequest:
        """Read the request for a temporary key. Raises InvalidKeyRequestError."""
        if not self.version.has_temporary_key:
            raise UnsupportedVersionError("this version has no temporary keys")
        return temporary_keys.KeyRequest.read(jwt)

    def status_blob(
        self, status: activation.Status, transport: bytes, challenge: bytes | None, nonce: bytes
    ) -> bytes:
        """Return what a phone may know about its registration; phones of 3.0 do not challenge."""
        if challenge is None:
            return status.blob_without_challenge(transport)
        return status.blob(transport, challenge, nonce)

    def encrypted_vault_key(self, keys: ActivationKeys) -> bytes:
        """Return the key of the phone's own vault, for the phone alone."""
        return activation.encrypted_vault_key(keys)


def suite_of(name: str) -> Suite:
    """Return the suite of a version. Raises UnsupportedVersionError."""
    return Suite(version_of(name))
