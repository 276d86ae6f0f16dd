"""Tokens: what a phone asks with again and again, without its person."""

import secrets

from app.demo.phone.primitives import b64, mac, unb64
from app.demo.phone.refusals import PhoneRefused
from app.demo.phone.signing import header
from app.demo.phone.state import PhoneState

UNIVERSAL = "possession_universal"
"""The name under which every app keeps its first token."""


def keep(state: PhoneState, name: str, token_id: str, secret: str) -> None:
    """Remember a token that the portal has made."""
    unb64(secret)
    state.tokens[name] = {"id": token_id, "secret": secret}


def forget(state: PhoneState, name: str) -> str:
    """Remember a token no longer; return its id."""
    if name not in state.tokens:
        raise PhoneRefused("there is no such token")
    return state.tokens.pop(name)["id"]


def token_header(state: PhoneState, name: str, now: int) -> str:
    """Return the header that proves a token at one moment (milliseconds)."""
    token = state.tokens.get(name)
    if token is None:
        raise PhoneRefused("there is no such token yet")
    nonce = secrets.token_bytes(16)
    return header(
        version=state.version,
        token_id=token["id"],
        token_digest=b64(digest(unb64(token["secret"]), nonce, now, state.version)),
        nonce=b64(nonce),
        timestamp=str(now),
    )


def digest(secret: bytes, nonce: bytes, now: int, version: str) -> bytes:
    """Digest a moment."""
    words = nonce + b"&" + str(now).encode()
    if version >= "3.2":
        words += b"&" + version.encode()
    return mac(secret, words)
