"""The phone's own vault: what it may open only when the portal has said so."""

from app.demo.phone.primitives import (
    NOTHING,
    SHA256,
    PrivateKey,
    agreed,
    b64,
    decrypted,
    derived,
    halve,
    private_key,
    public_key,
    unb64,
)
from app.demo.phone.state import PhoneState

ADD_BIOMETRY = "ADD_BIOMETRY"
SIGN = "SIGN_WITH_DEVICE_PRIVATE_KEY"


def vault_key(state: PhoneState, encrypted_key: str) -> bytes:
    """Decrypt what the portal has sent."""
    return decrypted(unb64(state.transport), NOTHING, unb64(encrypted_key))


def device_key(state: PhoneState, key: bytes) -> PrivateKey:
    """Open the vault: this phone's private key."""
    return private_key(decrypted(key, NOTHING, unb64(state.device_key_locked)))


def add_biometry(state: PhoneState, key: bytes) -> None:
    """Derive the biometry key anew, and keep it."""
    server = public_key(unb64(state.server_public))
    state.biometry = b64(derived(halve(agreed(device_key(state, key), server)), 3))


def sign_with_device_key(state: PhoneState, key: bytes, data: bytes) -> bytes:
    """Sign by ECDSA with SHA-256; the signature is DER."""
    return device_key(state, key).sign(data, SHA256)
