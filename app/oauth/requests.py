"""What Authlib sees of a request: parameters that were looked at, each of them once."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from urllib.parse import parse_qsl

from authlib.oauth2.rfc6749 import InvalidRequestError, OAuth2Payload, OAuth2Request
from flask import request as http

FORM = "application/x-www-form-urlencoded"

LONGEST = MappingProxyType(
    {
        "acr_values": 1024,
        "client_id": 128,
        "client_secret": 1024,
        "code": 256,
        "code_challenge": 128,
        "code_challenge_method": 16,
        "code_verifier": 128,
        "grant_type": 256,
        "login_hint": 256,
        "max_age": 16,
        "nonce": 1024,
        "operation_id": 256,
        "prompt": 256,
        "redirect_uri": 2048,
        "refresh_token": 256,
        "response_mode": 64,
        "response_type": 64,
        "scope": 1024,
        "state": 2048,
        "token": 2048,
        "token_type_hint": 256,
        "ui_locales": 1024,
    }
)
"""Parameters that are read, and how many characters they may have; others are ignored."""

# Control characters, and what stands in for bytes that are not UTF-8.
UNPRINTABLE = re.compile("[\x00-\x1f\x7f\ufffd]")


class Parameters(OAuth2Payload):
    """The parameters of one request. One without a value counts as left out (RFC 6749, 3.1)."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._lists: defaultdict[str, list[str]] = defaultdict(list)
        for name, value in pairs:
            self._lists[name].append(value)
        self._values = {
            name: values[0]
            for name, values in self._lists.items()
            if len(values) == 1 and values[0]
        }

    @property
    def data(self) -> Mapping[str, str]:
        """Return what was said exactly once."""
        return self._values

    @property
    def datalist(self) -> defaultdict[str, list[str]]:
        """Return every value that was sent."""
        return self._lists

    @property
    def repeated(self) -> frozenset[str]:
        """Return the names that were sent more than once."""
        return frozenset(name for name, values in self._lists.items() if len(values) > 1)

    @property
    def malformed(self) -> frozenset[str]:
        """Return what we would read, but is too long, not UTF-8, or has control characters."""
        return frozenset(name for name, value in self._values.items() if not _sound(name, value))

    @property
    def state(self) -> str | None:
        """Return the state, if it can be given back exactly as it came."""
        state = self._values.get("state")
        return state if state is not None and _sound("state", state) else None


class Request(OAuth2Request):
    """A request as Authlib wants it, made of checked parameters."""

    payload: Parameters

    def __init__(
        self, method: str, parameters: Parameters, headers: Mapping[str, str] | None = None
    ) -> None:
        # Authlib insists on https in the address, which behind a proxy says nothing, and which
        # any Host header would decide. The settings decide at boot whether we speak plain HTTP.
        super().__init__(method, "https://localhost/", headers=headers)
        self.payload = parameters

    @property
    def form(self) -> Mapping[str, str]:
        """Return the parameters, wherever they stood."""
        return self.payload.data


def authorization_request() -> Request:
    """Read the present request to the authorization endpoint: a query, or a posted form."""
    raw = http.get_data() if http.method == "POST" else http.query_string
    return Request(http.method, Parameters(_pairs(raw)))


def saved_request(parameters: Mapping[str, str]) -> Request:
    """Return a request that was checked and kept before."""
    return Request("GET", Parameters(parameters.items()))


def form_request() -> Request:
    """Read the present request to an endpoint for programs: a form in the body, nothing else.

    Raises InvalidRequestError before anything is looked up.
    """
    if http.query_string:
        raise InvalidRequestError("Parameters belong in the body")
    if http.mimetype != FORM:
        raise InvalidRequestError(f"The body must be {FORM}")
    parameters = Parameters(_pairs(http.get_data()))
    if parameters.repeated:
        raise InvalidRequestError("A parameter is repeated")
    if parameters.malformed:
        raise InvalidRequestError("A parameter is malformed or too long")
    return Request(http.method, parameters, dict(http.headers))


def _pairs(raw: bytes) -> list[tuple[str, str]]:
    """Read a query or a form. Flask's own reading turns bytes that are not UTF-8 into text."""
    return parse_qsl(raw.decode(errors="replace"), keep_blank_values=True, errors="replace")


def _sound(name: str, value: str) -> bool:
    longest = LONGEST.get(name)
    return longest is None or (len(value) <= longest and not UNPRINTABLE.search(value))
