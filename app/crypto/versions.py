"""What differs between the versions 3.0 to 3.3: the one table."""

from dataclasses import dataclass
from typing import Literal

from app.crypto.errors import UnsupportedVersionError


@dataclass(frozen=True)
class Version:
    """The traits of one version; the client chooses it with every call."""

    name: str
    signature_format: Literal["DECIMAL", "BASE64"]
    has_nonce: bool = False
    """Encrypted requests carry a nonce, and the initialisation vector follows from it."""
    has_timestamp: bool = False
    """Encrypted requests and answers carry their time, and answers a nonce of their own."""
    has_context: bool = False
    """What is encrypted or digested is bound to version, application and registration."""
    has_temporary_key: bool = False
    """Requests are encrypted for a key that lives minutes, not for a lasting one."""


V33 = Version(
    "3.3", "BASE64", has_nonce=True, has_timestamp=True, has_context=True, has_temporary_key=True
)
V32 = Version("3.2", "BASE64", has_nonce=True, has_timestamp=True, has_context=True)
V31 = Version("3.1", "BASE64", has_nonce=True)
V30 = Version("3.0", "DECIMAL")

VERSIONS = {version.name: version for version in (V33, V32, V31, V30)}


def version_of(name: str) -> Version:
    """Return the version that a header names."""
    try:
        return VERSIONS[name]
    except KeyError:
        raise UnsupportedVersionError("neither 3.0, 3.1, 3.2 nor 3.3") from None
