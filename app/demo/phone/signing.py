"""Codes: what a phone shows or sends to say that its person agrees."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.demo.phone.primitives import b64, digits, mac
from app.demo.phone.state import PhoneState

OFFLINE_URI_ID = "/operation/authorize/offline"
HALF = 16
GROUP = 8


def parts_of_code(keys: Sequence[bytes], counter_data: bytes, data: bytes) -> list[bytes]:
    """Return one digest for each factor; the first key is not part of the later ones."""
    parts = []
    for last in range(len(keys)):
        chain = mac(keys[last], counter_data)
        for key in keys[1 : last + 1]:
            chain = mac(mac(key, counter_data), chain)
        parts.append(mac(chain, data))
    return parts


def online_code(version: str, parts: Sequence[bytes]) -> str:
    """Write a code for a header."""
    if version == "3.0":
        return offline_code(parts)
    return b64(b"".join(part[HALF:] for part in parts))


def offline_code(parts: Sequence[bytes], length: int = GROUP) -> str:
    """Write a code for a person."""
    return "-".join(digits(part, length) for part in parts)


def normalized(method: str, uri_id: str, nonce: str, body: bytes, secret: str) -> bytes:
    """Return what is signed: the request on one line, and the app's secret."""
    return "&".join((method.upper(), b64(uri_id.encode()), nonce, b64(body), secret)).encode()


@dataclass(frozen=True)
class Proof:
    """With which factors the person agrees."""

    kind: str
    """e.g. `possession_knowledge`"""
    pin: str | None = field(default=None, repr=False)


POSSESSION = Proof("possession")


def authorization(
    state: PhoneState, proof: Proof, uri_id: str, body: bytes, method: str = "POST"
) -> str:
    """Return the header that signs a request; the counter moves on."""
    keys, nonce = state.keys(proof.kind, proof.pin), b64(secrets.token_bytes(16))
    data = normalized(method, uri_id, nonce, body, state.application_secret)
    code = online_code(state.version, parts_of_code(keys, state.move(), data))
    return header(
        pa_version=state.version,
        pa_activation_id=state.activation_id,
        pa_application_key=state.application_key,
        pa_nonce=nonce,
        pa_signature_type=proof.kind,
        pa_signature=code,
    )


def header(**values: str) -> str:
    """Write a PowerAuth header."""
    return "PowerAuth " + ", ".join(f'{name}="{value}"' for name, value in values.items())
