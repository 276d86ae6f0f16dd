"""What apps and passkeys with a public key alone sign: the hash of what they were shown.

Who has the challenge of an enrolment may enrol: that one is a secret.
"""

from hashlib import sha256
from typing import Final

from app.crypto.encoding import to_base64url
from app.crypto.vault import Vault

LABEL: Final = "webflow.challenge"


def challenge_of(operation_id: str, data: str) -> bytes:
    """Return the 32 bytes that approve one operation, and nothing else.

    Nobody can know them before the operation is there: its id is random, and works once.
    """
    return sha256(f"{LABEL}\n{operation_id}\n{data}".encode()).digest()


def enrollment_challenge(vault: Vault, operation_id: str, data: str) -> bytes:
    """Return the 32 bytes that enrol a passkey; nobody reads them off a log or an operation.

    Whoever brings them back proves nothing else: the options of the enrolment gave them out.
    """
    digest = vault.digest(f"{operation_id}\n{data}", purpose="passkeys.enrollment")
    return bytes.fromhex(digest)


def named(challenge: bytes) -> str:
    """Return a challenge as it travels, 43 characters."""
    return to_base64url(challenge)
