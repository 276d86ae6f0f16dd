"""What the ceremonies of WebAuthn take and give; plain values, without the library."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

ES256, EDDSA, RS256 = -7, -8, -257
ALGORITHMS: Final = (ES256, EDDSA, RS256)
"""The best liked first. Every phone and security key can sign by ES256; newer keys by Ed25519, too;
the TPM behind Windows Hello often by RS256 alone. Nothing with SHA-1, and nothing that no
authenticator asks for."""


class Unproved(ValueError):  # noqa: N818 - it says what is missing
    """An answer proves nothing; why is for the log alone."""


@dataclass(frozen=True)
class RelyingParty:
    """Whom passkeys belong to, and whose pages may ask for them."""

    id: str
    name: str
    origins: Sequence[str]
    timeout: timedelta


@dataclass(frozen=True)
class Trust:
    """Which authenticators an application takes; None: whichever, an empty list: none."""

    formats: Sequence[str] | None = None
    aaguids: Sequence[str] | None = None
    roots: Sequence[bytes] | None = None
    """Certificates (PEM) from which those of authenticators must come."""

    @property
    def asks_for_attestation(self) -> bool:
        """Whether a browser has to tell what the authenticator is."""
        return (self.formats, self.aaguids, self.roots) != (None, None, None)


@dataclass(frozen=True)
class Attested:
    """A new credential, as its authenticator tells of it."""

    credential_id: str
    public_key: bytes
    """COSE."""
    counter: int
    aaguid: str
    attestation_format: str
    transports: Sequence[str]
    is_backed_up: bool
    is_verified: bool
    """Whether the authenticator knows its owner: by a PIN, a finger or a face."""


@dataclass(frozen=True)
class Asserted:
    """A credential that has signed a challenge."""

    counter: int
    is_backed_up: bool
    is_verified: bool
    user_handle: bytes | None


def credential_id_in(response: object) -> str:
    """Return which credential an answer claims to come from; empty: it does not say."""
    named = response.get("id") if isinstance(response, Mapping) else None
    return named if isinstance(named, str) and named.isascii() and "\0" not in named else ""
