"""A certificate authority of the tests, and the keys that providers of pushes give out."""

import base64
import json
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"
HALF = 32


class Authority:
    """Signs the certificate of servers on this machine; `file` is what clients have to trust."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "ca.pem"
        self._chain = folder / "server.pem"
        root_key, root_name = _ec_key(), _name("Authority of the tests")
        root = _certificate(root_name, root_name, root_key.public_key(), root_key, ca=True)
        self.file.write_bytes(root.public_bytes(Encoding.PEM))
        key = _ec_key()
        leaf = _certificate(_name(HOST), root_name, key.public_key(), root_key, ca=False)
        self._chain.write_bytes(pem_of(key) + leaf.public_bytes(Encoding.PEM))

    def context(self, protocol: str) -> ssl.SSLContext:
        """Return what a server of this protocol (`h2` or `http/1.1`) speaks TLS with."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self._chain)
        context.set_alpn_protocols([protocol])
        return context


def pem_of(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    """Write a private key as providers give it out."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def opened(
    token: str, key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey
) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Return header and claims of a token that this key has signed, else None."""
    try:
        head, body, signature = token.split(".")
        header, claims = (json.loads(_unpadded(part)) for part in (head, body))
        signed, raw = f"{head}.{body}".encode(), _unpadded(signature)
        if isinstance(key, rsa.RSAPublicKey):
            if header.get("alg") != "RS256":
                return None
            key.verify(raw, signed, padding.PKCS1v15(), SHA256())
        else:
            if header.get("alg") != "ES256" or len(raw) != 2 * HALF:
                return None
            r, s = (int.from_bytes(half) for half in (raw[:HALF], raw[HALF:]))
            key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(SHA256()))
    except (ValueError, InvalidSignature):
        return None
    return header, claims


def _unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey,
    signer: ec.EllipticCurvePrivateKey,
    *,
    ca: bool,
) -> x509.Certificate:
    now = datetime.now(UTC)
    usage = x509.KeyUsage(
        digital_signature=not ca, key_cert_sign=ca, crl_sign=ca, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(signer, SHA256())
    )
