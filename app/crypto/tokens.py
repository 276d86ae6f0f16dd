"""Tokens: a digest in a header that proves one thing cheaply, again and again."""

from app.crypto.encoding import same
from app.crypto.primitives import hmac_sha256
from app.crypto.versions import Version


def token_digest(secret: bytes, nonce: bytes, timestamp: int, version: Version) -> bytes:
    """Return the digest that belongs to a token's secret at one moment (milliseconds)."""
    parts = [nonce, str(timestamp).encode()]
    if version.has_context:
        parts.append(version.name.encode())
    return hmac_sha256(secret, b"&".join(parts))


def is_token_digest(
    digest: bytes, secret: bytes, nonce: bytes, timestamp: int, version: Version
) -> bool:
    """Tell whether a header's digest was made with the token's secret."""
    return same(digest, token_digest(secret, nonce, timestamp, version))
