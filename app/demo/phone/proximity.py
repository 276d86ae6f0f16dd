"""The number by which a phone shows that it is where the page is: typed, scanned, or a link."""

import base64
import binascii
import json
import re
from urllib.parse import parse_qs, urlsplit

from app.demo.phone.refusals import PhoneRefused

NUMBER = re.compile(r"\d{6,8}", re.ASCII)
NAMES = ("totp", "potp")


def number(text: str, operation_id: str) -> str:
    """Return the number in what a person typed or scanned for an operation.

    That is digits, a link with `oid=…&totp=…`, or a JWT (alone or as a link's first value)
    with the same two; its signature is not the phone's to judge.
    """
    text = "".join(text.split())
    if NUMBER.fullmatch(text):
        return text
    values = _of_link(text)
    found = {name: value for name, value in values.items() if isinstance(value, str)}
    digits = next((found[name] for name in NAMES if name in found), "")
    if not NUMBER.fullmatch(digits):
        raise PhoneRefused("not the number that the page shows")
    if found.get("oid") != operation_id:
        raise PhoneRefused("the number of another operation")
    return digits


def _of_link(text: str) -> dict[str, object]:
    try:
        query = parse_qs(urlsplit(text).query)
    except ValueError:
        query = {}
    if not query:
        return _of_jwt(text)
    if not any(name in query for name in NAMES):
        return _of_jwt(next(iter(query.values()))[0])
    return {name: values[0] for name, values in query.items()}


def _of_jwt(text: str) -> dict[str, object]:
    _, _, rest = text.partition(".")
    payload = rest.partition(".")[0]
    try:
        value = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
