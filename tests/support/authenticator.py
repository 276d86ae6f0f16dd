"""A security key of our own: it knows WebAuthn from the standard, and nothing of the server."""

import base64
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

Private = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey
ES256, EDDSA, RS256, RS1 = -7, -8, -257, -65535
PRESENT, VERIFIED, ELIGIBLE, BACKED_UP, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40
MODEL: Final = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")
NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)


def b64url(data: bytes) -> str:
    """Write base64url as WebAuthn does."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def from_b64url(text: str) -> bytes:
    """Read it."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def cbor(value: object) -> bytes:
    """Write what authenticators write (RFC 8949): numbers, bytes, texts, lists and maps."""
    match value:
        case int():
            return _head(0, value) if value >= 0 else _head(1, -1 - value)
        case bytes():
            return _head(2, len(value)) + value
        case str():
            return _head(3, len(value.encode())) + value.encode()
        case list():
            return _head(4, len(value)) + b"".join(map(cbor, value))
        case dict():
            return _head(5, len(value)) + b"".join(cbor(k) + cbor(v) for k, v in value.items())
        case _:
            raise TypeError(value)


def _head(major: int, number: int) -> bytes:
    for extra, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 24:
            break
        if number < 1 << (8 * size):
            return bytes([major << 5 | extra]) + number.to_bytes(size, "big")
    return bytes([major << 5 | number])


@dataclass(kw_only=True)
class Maker:
    """Who makes authenticators: a root, and a certificate for a model."""

    name: str = field(default_factory=lambda: os.urandom(4).hex())
    root_key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    batch_key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    @property
    def root(self) -> x509.Certificate:
        """The certificate that banks trust."""
        return self._certificate(self.root_key, is_root=True)

    @property
    def root_pem(self) -> str:
        """The same as operators paste it."""
        return self.root.public_bytes(Encoding.PEM).decode()

    def batch(self, model: bytes | None) -> bytes:
        """Return a certificate of authenticators, DER; with their model, or without."""
        return self._certificate(self.batch_key, model=model).public_bytes(Encoding.DER)

    def _certificate(
        self, key: ec.EllipticCurvePrivateKey, *, is_root: bool = False, model: bytes | None = None
    ) -> x509.Certificate:
        def name(text: str) -> x509.Name:
            return x509.Name(
                [
                    x509.NameAttribute(NameOID.COUNTRY_NAME, "CZ"),
                    x509.NameAttribute(NameOID.ORGANIZATION_NAME, self.name),
                    x509.NameAttribute(
                        NameOID.ORGANIZATIONAL_UNIT_NAME, "Authenticator Attestation"
                    ),
                    x509.NameAttribute(NameOID.COMMON_NAME, text),
                ]
            )

        made = (
            x509.CertificateBuilder()
            .subject_name(name("root" if is_root else "batch"))
            .issuer_name(name("root"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW)
            .not_valid_after(NOW + timedelta(days=36500))
            .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        )
        if model is not None:
            told = x509.UnrecognizedExtension(MODEL, b"\x04\x10" + model)
            made = made.add_extension(told, critical=False)
        return made.sign(self.root_key, SHA256())


@dataclass
class Authenticator:
    """One key pair; what it says can be changed where a test lies."""

    origin: str = "http://localhost:8080"
    rp_id: str = "localhost"
    algorithm: int = ES256
    aaguid: bytes = bytes(16)
    counter: int = 0
    counts: bool = True
    """Synced passkeys do not: their counter stays zero."""
    flags: int = PRESENT | VERIFIED
    handle: str | None = None
    """User handle, base64url, as it got it; None: it was not asked to keep one."""
    id: bytes = field(default_factory=lambda: os.urandom(32))
    maker: Maker | None = None
    certificate: bytes | None = None
    """Instead of the maker's own for this model."""

    def __post_init__(self) -> None:
        self.key: Private
        match self.algorithm:
            case -7:
                self.key = ec.generate_private_key(ec.SECP256R1())
            case -8:
                self.key = ed25519.Ed25519PrivateKey.generate()
            case _:
                self.key = rsa.generate_private_key(65537, 2048)

    def make(
        self, options: Mapping[str, Any], *, attestation: str = "none", **lies: Any
    ) -> dict[str, Any]:
        """Make a credential, as `navigator.credentials.create` returns it."""
        self.handle = options["user"]["id"]
        client = self._client_data("webauthn.create", options, lies)
        data = self._data(lies, attested=True)
        statement = self._statement(attestation, data + hashlib.sha256(client).digest())
        format_ = lies.get("fmt", "none" if attestation == "none" else "packed")
        told = cbor({"fmt": format_, "attStmt": statement, "authData": data})
        return self._credential(
            {
                "clientDataJSON": b64url(client),
                "attestationObject": b64url(told),
                "transports": ["usb", "nfc"],
            }
        )

    def get(self, options: Mapping[str, Any], **lies: Any) -> dict[str, Any]:
        """Sign a challenge, as `navigator.credentials.get` returns it."""
        self.counter = lies.get("counter", self.counter + self.counts)
        client = self._client_data("webauthn.get", options, lies)
        data = self._data(lies, attested=False)
        handle = lies.get("handle", self.handle)
        return self._credential(
            {
                "clientDataJSON": b64url(client),
                "authenticatorData": b64url(data),
                "signature": b64url(self._sign(data + hashlib.sha256(client).digest())),
                **({} if handle is None else {"userHandle": handle}),
            }
        )

    def _credential(self, response: dict[str, Any]) -> dict[str, Any]:
        name = b64url(self.id)
        return {"id": name, "rawId": name, "type": "public-key", "response": response}

    def _client_data(self, kind: str, options: Mapping[str, Any], lies: Mapping[str, Any]) -> bytes:
        said = {
            "type": lies.get("type", kind),
            "challenge": lies.get("challenge", options["challenge"]),
            "origin": lies.get("origin", self.origin),
            "crossOrigin": lies.get("cross_origin", False),
        }
        return json.dumps(said).encode()

    def _data(self, lies: Mapping[str, Any], *, attested: bool) -> bytes:
        flags = lies.get("flags", self.flags) | (ATTESTED if attested else 0)
        site = hashlib.sha256(lies.get("rp_id", self.rp_id).encode()).digest()
        data = site + bytes([flags]) + self.counter.to_bytes(4, "big")
        if attested:
            data += self.aaguid + len(self.id).to_bytes(2, "big") + self.id + cbor(self.cose())
        return data

    def cose(self) -> dict[int, object]:
        """Return the public key (RFC 9053)."""
        key = self.key
        if isinstance(key, ec.EllipticCurvePrivateKey):
            point = key.public_key().public_numbers()
            x, y = point.x.to_bytes(32, "big"), point.y.to_bytes(32, "big")
            return {1: 2, 3: self.algorithm, -1: 1, -2: x, -3: y}
        if isinstance(key, ed25519.Ed25519PrivateKey):
            return {1: 1, 3: self.algorithm, -1: 6, -2: key.public_key().public_bytes_raw()}
        numbers = key.public_key().public_numbers()
        return {1: 3, 3: self.algorithm, -1: numbers.n.to_bytes(256, "big"), -2: b"\x01\x00\x01"}

    def _statement(self, attestation: str, signed: bytes) -> dict[str, object]:
        match attestation:
            case "self":
                return {"alg": self.algorithm, "sig": self._sign(signed)}
            case "certificate" if self.maker is not None:
                signature = self.maker.batch_key.sign(signed, ec.ECDSA(SHA256()))
                chain = self.certificate or self.maker.batch(self.aaguid)
                return {"alg": ES256, "sig": signature, "x5c": [chain]}
            case _:
                return {}

    def _sign(self, data: bytes) -> bytes:
        key = self.key
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return key.sign(data, ec.ECDSA(SHA256()))
        if isinstance(key, ed25519.Ed25519PrivateKey):
            return key.sign(data)
        digest: HashAlgorithm = SHA1() if self.algorithm == RS1 else SHA256()  # noqa: S303 - what the server must refuse
        return key.sign(data, padding.PKCS1v15(), digest)
