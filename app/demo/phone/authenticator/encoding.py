"""Base64 for addresses, without padding, in its one form."""

import base64
import binascii

from app.demo.phone.refusals import PhoneRefused


def b64url(data: bytes) -> str:
    """Write base64url."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unb64url(text: object) -> bytes:
    """Read base64url; what would be written otherwise is refused."""
    if not isinstance(text, str):
        raise PhoneRefused("there is no base64url")
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise PhoneRefused("not base64url") from None
    if b64url(data) != text:
        raise PhoneRefused("not base64url")
    return data
