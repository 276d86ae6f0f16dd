"""App links, as a bank's page, QR code or push gives them out: read strictly, or not at all."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from app.demo.environment import LOOPBACK
from app.demo.phone.authenticator.encoding import b64url, unb64url
from app.demo.phone.calls import compact
from app.demo.phone.refusals import PhoneRefused
from app.demo.phone.troubles import Forged

PARAMETER: Final = "dispatchTokenResponse"
NAMES: Final = ("nma_data", "nma_data_content_type", "nma_data_version")
LONGEST: Final = 4096
BASE: Final = re.compile(r"[^\s?#]*/nevis/[^\s/?#]+")
TOKEN: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
REDEEM: Final = "/nevisfido/token/redeem/"
PURPOSES: Final = {"registration": "Reg", "authentication": "Auth"}


@dataclass(frozen=True)
class AppLink:
    """Which bank asks for what, and the token that leads to it."""

    base: str
    """Address of the bank's instance, e.g. `https://bank.example/nevis/demo`."""
    purpose: str
    """`registration` or `authentication`."""
    token: str = field(repr=False)

    @classmethod
    def read(cls, text: str) -> Self:
        """Read a link. Raises PhoneRefused."""
        text = text.strip()
        if not text.isascii() or not text.isprintable() or len(text) > LONGEST:
            raise PhoneRefused("not a link")
        address, mark, query = text.partition("?")
        try:
            fields = parse_qsl(query, strict_parsing=True, max_num_fields=1)
        except ValueError:
            fields = []
        if [name for name, _ in fields] != [PARAMETER] or not mark or "#" in query:
            raise PhoneRefused(f"a link has one {PARAMETER}, and nothing else")
        if not address.endswith("/open"):
            raise PhoneRefused("not the address of a link")
        link = cls.of_fields(_fields(fields[0][1]))
        if link.base != address.removesuffix("/open"):
            raise PhoneRefused("it leads to somebody else than it comes from")
        return link

    @classmethod
    def of_fields(cls, fields: Mapping[str, object]) -> Self:
        """Read what stands inside a link, or beside a push. Raises PhoneRefused."""
        if fields.get("nma_data_version") != "1":
            raise PhoneRefused("another version than 1")
        if fields.get("nma_data_content_type") != "application/json":
            raise PhoneRefused("another content type than JSON")
        data = fields.get("nma_data")
        if not isinstance(data, Mapping) or set(data) != {"token", "redeem_url"}:
            raise PhoneRefused("not a token with its redeem_url")
        token, url = data["token"], data["redeem_url"]
        if not isinstance(token, str) or not TOKEN.fullmatch(token):
            raise PhoneRefused("the token is no UUID")
        base, mark, purpose = str(url).rpartition(REDEEM)
        if not mark or purpose not in PURPOSES:
            raise PhoneRefused("redeem_url is not the address where a token is redeemed")
        return cls(_checked(base), purpose, token)

    @property
    def id(self) -> str:
        """What the phone calls it: the token itself is never shown."""
        return sha256(self.token.encode()).hexdigest()[:12]

    @property
    def is_enrollment(self) -> bool:
        """Whether it adds an account."""
        return self.purpose == "registration"

    @property
    def op(self) -> str:
        """What the answer must be about: `Reg` or `Auth`."""
        return PURPOSES[self.purpose]

    @property
    def app_id(self) -> str:
        """What the bank's instance calls itself."""
        return f"{self.base}/"

    @property
    def host(self) -> str:
        """Host and port, for people."""
        return urlsplit(self.base).netloc

    @property
    def instance(self) -> str:
        """Last part of the base."""
        return self.base.rpartition("/")[2]

    @property
    def redeem_url(self) -> str:
        """Where the token is redeemed."""
        return f"{self.base}{REDEEM}{self.purpose}"

    @property
    def text(self) -> str:
        """The link, as it was."""
        values = ({"token": self.token, "redeem_url": self.redeem_url}, "application/json", "1")
        inside = compact(dict(zip(NAMES, values, strict=True)))
        given = b64url(inside)
        return f"{self.base}/open?{urlencode({PARAMETER: given})}"


def bank_of(base: str) -> str:
    """Name an instance and its host, for people."""
    return f"{base.rpartition('/')[2]} at {urlsplit(base).netloc}"


def looks_like(text: str) -> bool:
    """Tell whether a person means a link rather than the id of an operation."""
    return "://" in text


def read_link(given: str) -> AppLink:
    """Read a link. Raises Trouble."""
    try:
        return AppLink.read(given)
    except PhoneRefused as refused:
        raise Forged(
            f"This is no link of a bank: {refused}.",
            "Nothing was sent. Copy it whole, as the bank's page shows it.",
        ) from refused


def _fields(given: str) -> dict[str, object]:
    try:
        fields = json.loads(unb64url(given), object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise PhoneRefused("not JSON") from None
    if not isinstance(fields, dict) or set(fields) != set(NAMES):
        raise PhoneRefused(f"not the three fields {', '.join(NAMES)}")
    return fields


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise PhoneRefused("a field stands there twice")
    return fields


def _checked(base: str) -> str:
    """Return an address that nobody on the way can read or change."""
    try:
        parts = urlsplit(base)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise PhoneRefused("not an address") from None
    if not host or parts.username is not None or not BASE.fullmatch(parts.path):
        raise PhoneRefused("not the address of an instance")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
        raise PhoneRefused("an address without https")
    if base != f"{parts.scheme}://{parts.netloc}{parts.path}":
        raise PhoneRefused("not the address of an instance")
    return base
