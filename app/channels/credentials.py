"""What proves to a provider that we may push to an application; checked before it is kept.

Each names its provider; `secret` is the one part that is sealed and never shown.
"""

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from typing import ClassVar

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from app.channels.base import Platform

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,255}")
"""Ids of providers: they become parts of addresses and headers."""

SMALLEST_RSA = 2048
LARGEST_FILE = 16384
LARGEST_KEY = 4096
"""Characters of a PEM: RSA of 4096 bits fits; to check a much longer key takes minutes."""

LONGEST_SECRET = 1024


class CredentialsRefusedError(ValueError):
    """They cannot be what the provider has given out; says what is wrong, and nothing of them."""

    def __init__(self, message: str, part: str = "secret") -> None:
        super().__init__(message)
        self.part = part
        """Which field of the credentials it is about."""


@dataclass(frozen=True)
class ApnsCredentials:
    """A signing key of an Apple team (.p8), and the app that it is for."""

    provider: ClassVar[Platform] = "apns"
    topic: str
    """Bundle id of the app."""
    key_id: str
    team_id: str
    environment: str
    """`development` or `production`: of devices that do not say which they are of."""
    secret: str = field(repr=False)
    """PEM of the key."""

    def __post_init__(self) -> None:
        _named(topic=self.topic, key_id=self.key_id, team_id=self.team_id)
        if self.environment not in ("development", "production"):
            said = "environment is neither development nor production"
            raise CredentialsRefusedError(said, "environment")
        key = _key(self.secret)
        if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
            raise CredentialsRefusedError("the key is not an elliptic curve key on P-256")


@dataclass(frozen=True)
class FcmCredentials:
    """A service account of a Firebase project."""

    provider: ClassVar[Platform] = "fcm"
    project_id: str
    client_email: str
    key_id: str
    secret: str = field(repr=False)
    """PEM of the account's key."""

    def __post_init__(self) -> None:
        _named(project_id=self.project_id, key_id=self.key_id)
        if "@" not in self.client_email:
            raise CredentialsRefusedError("client_email is missing")
        key = _key(self.secret)
        if not isinstance(key, RSAPrivateKey) or key.key_size < SMALLEST_RSA:
            raise CredentialsRefusedError("the key is not an RSA key of 2048 bits or more")

    @classmethod
    def read(cls, file: bytes, project_id: str = "") -> "FcmCredentials":
        """Read the JSON file that the Firebase console gives out."""
        if len(file) > LARGEST_FILE:
            raise CredentialsRefusedError("the file is too large")
        try:
            found = json.loads(file)
        except (ValueError, RecursionError):
            raise CredentialsRefusedError("the file is not JSON") from None
        if not isinstance(found, dict) or found.get("type") != "service_account":
            raise CredentialsRefusedError("the file is not a service account's")
        return cls(
            project_id=project_id or _text(found, "project_id"),
            client_email=_text(found, "client_email"),
            key_id=_text(found, "private_key_id"),
            secret=_text(found, "private_key"),
        )


@dataclass(frozen=True)
class HmsCredentials:
    """An OAuth client of an app in AppGallery Connect."""

    provider: ClassVar[Platform] = "hms"
    project_id: str
    app_id: str
    client_id: str
    secret: str = field(repr=False)

    def __post_init__(self) -> None:
        _named(project_id=self.project_id, app_id=self.app_id, client_id=self.client_id)
        if not 0 < len(self.secret) <= LONGEST_SECRET:
            raise CredentialsRefusedError("the client secret is missing, or too long")


Credentials = ApnsCredentials | FcmCredentials | HmsCredentials


def from_base64(text: str) -> bytes:
    """Read a file that came as Base64."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise CredentialsRefusedError("the file is not Base64") from None


def _named(**names: str) -> None:
    for name, value in names.items():
        if not NAME.fullmatch(value):
            said = f"{name} is missing, or has a character that none has"
            raise CredentialsRefusedError(said, name)


def _text(found: dict[str, object], name: str) -> str:
    value = found.get(name)
    if not isinstance(value, str):
        raise CredentialsRefusedError(f"{name} is missing", name)
    return value


def _key(pem: str) -> PrivateKeyTypes:
    if len(pem) > LARGEST_KEY:
        raise CredentialsRefusedError("the key is too large")
    try:
        return load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise CredentialsRefusedError("the key cannot be read: PEM without a password") from None
