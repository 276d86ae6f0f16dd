"""How the protocol writes bytes as text and text as bytes; readers are strict."""

import base64
import binascii
import hmac
import json

from app.crypto.errors import ProtocolError

DECIMAL_MASK = 0x7FFFFFFF


def to_base64(data: bytes) -> str:
    """Write standard Base64 with padding."""
    return base64.b64encode(data).decode("ascii")


def from_base64(text: str, refusal: type[ProtocolError], *, size: int | None = None) -> bytes:
    """Read standard Base64 in its only form: padded, without stray bits, of `size` bytes."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise refusal("not Base64") from None
    if to_base64(data) != text:
        raise refusal("not the one Base64 form of these bytes")
    if size is not None and len(data) != size:
        raise refusal(f"{len(data)} bytes instead of {size}")
    return data


def to_base64url(data: bytes) -> str:
    """Write base64url without padding, as JWT do."""
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def from_base64url(text: str, refusal: type[ProtocolError]) -> bytes:
    """Read base64url without padding in its only form."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise refusal("not base64url") from None
    if to_base64url(data) != text:
        raise refusal("not the one base64url form of these bytes")
    return data


def sized(*parts: bytes | None) -> bytes:
    """Join parts so that no two lists of parts give the same bytes; None counts as empty."""
    return b"".join(len(part or b"").to_bytes(4) + (part or b"") for part in parts)


def decimal(digest: bytes, length: int) -> str:
    """Return the last `length` decimal digits of a digest's last 31 bits, zero padded."""
    number = int.from_bytes(digest[-4:]) & DECIMAL_MASK
    return f"{number % 10**length:0{length}d}"


def json_object(data: bytes, refusal: type[ProtocolError]) -> dict[str, object]:
    """Read a JSON object whose every name stands once."""
    try:
        value = json.loads(data, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise refusal("not JSON") from None
    if not isinstance(value, dict):
        raise refusal("not a JSON object")
    return value


def same(one: str | bytes, other: str | bytes) -> bool:
    """Compare in a time that does not depend on where the two differ."""
    return hmac.compare_digest(_bytes(one), _bytes(other))


def _bytes(value: str | bytes) -> bytes:
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found
