"""The text that a phone signs: a request in its one normal form, and the application's secret."""

from urllib.parse import quote_plus, unquote_plus

from app.crypto.encoding import to_base64

OFFLINE_SECRET = "offline"  # noqa: S105 - a word of the protocol in the place of a secret
OFFLINE_URI_ID = "/operation/authorize/offline"


def request_data(
    method: str | None, uri_id: str | None, nonce: str | None, body: bytes | None
) -> str:
    """Return the normal form. `nonce` is the text of the header, as it came."""
    parts = (
        (method or "GET").upper(),
        to_base64((uri_id or "").encode()),
        nonce or "",
        to_base64(body or b""),
    )
    return "&".join(parts)


def signed_data(
    method: str | None,
    uri_id: str | None,
    nonce: str | None,
    body: bytes | None,
    application_secret: str,
) -> bytes:
    """Return what the phone's code is computed from. The secret is its Base64 text."""
    return f"{request_data(method, uri_id, nonce, body)}&{application_secret}".encode()


def offline_signed_data(
    operation_id: str, operation_data: str, nonce: str, totp: str | None = None
) -> bytes:
    """Return what a phone without a network computes its digits from."""
    parts = (operation_id, operation_data) if totp is None else (operation_id, operation_data, totp)
    return signed_data("POST", OFFLINE_URI_ID, nonce, "&".join(parts).encode(), OFFLINE_SECRET)


def query_as_body(query: str) -> bytes:
    """Return what stands in for the body of a GET: its pairs in order, encoded anew."""
    pairs = [pair.partition("=") for pair in query.split("&") if "=" in pair]
    decoded = [(unquote_plus(name), unquote_plus(value)) for name, _, value in pairs]
    decoded.sort(key=lambda pair: (_java_order(pair[0]), _java_order(pair[1])))
    return "&".join(f"{_form(name)}={_form(value)}" for name, value in decoded).encode()


def _form(text: str) -> str:
    # Java's form encoding keeps the asterisk and encodes the tilde; Python does the opposite.
    return quote_plus(text, safe="*").replace("~", "%7E")


def _java_order(text: str) -> bytes:
    return text.encode("utf-16-be", "surrogatepass")
