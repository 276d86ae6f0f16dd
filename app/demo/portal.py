"""Calls to the portal, server to server: one place for time-outs and for what can go wrong."""

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from threading import Lock
from typing import Self
from urllib.parse import urlsplit

import httpx2

from app.demo.environment import Environment, is_loopback

DISCOVERY_PATH = "/.well-known/openid-configuration"
DISCOVERY_KEPT_SECONDS = 60
CLOCK_PATH = "/demo/clock"
FURTHEST_CLOCK_SECONDS = 367 * 24 * 60 * 60
NEEDED = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
TIMEOUT = httpx2.Timeout(10, connect=3)

Json = Mapping[str, object]


class PortalProblem(Exception):  # noqa: N818 - it is what testers read, not only what we raise
    """The portal did not do what was asked; the text is for the tester."""

    def __init__(self, words: str, *, hint: str = "") -> None:
        super().__init__(words)
        self.words = words
        self.hint = hint


class PortalSilent(PortalProblem):
    """Nobody answers at the portal's address, or not with what a portal says."""


class PortalRefused(PortalProblem):
    """The portal answered with an error."""

    def __init__(
        self, *, call: str, status: int, code: str, message: str, violations: tuple[str, ...] = ()
    ) -> None:
        said = ": ".join(part for part in (code, message) if part) or "no reason was given"
        super().__init__(f"{call} was answered with HTTP {status}: {said}")
        self.status = status
        self.code = code
        self.said = said
        self.violations = violations

    @property
    def is_our_fault(self) -> bool:
        """Whether the portal says that the request was wrong, rather than that it failed."""
        return self.status < HTTPStatus.INTERNAL_SERVER_ERROR

    @classmethod
    def from_body(cls, call: str, status: int, body: Json) -> Self:
        """Read any dialect: the OAuth error, the envelope of Next Step, the list of errors."""
        inside = body.get("responseObject")
        if isinstance(inside, dict):
            return cls(
                call=call,
                status=status,
                code=_text(inside, "code"),
                message=_text(inside, "message"),
                violations=_violations(inside.get("violations")),
            )
        errors = body.get("errors")
        if isinstance(errors, list) and errors and isinstance(errors[0], dict):
            code, message = _text(errors[0], "code"), _text(errors[0], "message")
            return cls(call=call, status=status, code=code, message=message)
        code, message = _text(body, "error"), _text(body, "error_description")
        return cls(call=call, status=status, code=code, message=message)


@dataclass(frozen=True)
class Discovery:
    """What the portal says about itself."""

    document: Json

    @property
    def issuer(self) -> str:
        """Name of the portal in every answer and ID token."""
        return self.endpoint("issuer")

    def endpoint(self, name: str) -> str:
        """Return the address of an endpoint; empty when the portal offers none."""
        return _text(self.document, name)


class Portal:
    """The portal as this client sees it: an address, and what it answers."""

    def __init__(self, environment: Environment) -> None:
        self.address = environment.portal
        self._credentials = httpx2.BasicAuth(environment.client_id, environment.client_secret)
        self._instance = f"{self.address}/nevis/{environment.instance}"
        self._access_key = environment.access_key
        self._back_end = httpx2.BasicAuth(
            environment.integration_user, environment.integration_password
        )
        # A proxy that the environment names does not know this machine's own ports.
        self._trust_env = not is_loopback(environment.portal)
        self._lock = Lock()
        self._known: tuple[float, Discovery] | None = None

    def discovery(self) -> Discovery:
        """Return the portal's metadata, at most a minute old."""
        with self._lock:
            known = self._known
        if known and time.monotonic() - known[0] < DISCOVERY_KEPT_SECONDS:
            return known[1]
        found = Discovery(self.get(self.address + DISCOVERY_PATH))
        if missing := [name for name in NEEDED if not found.endpoint(name)]:
            raise self._strange(f"its discovery document lacks {', '.join(missing)}")
        if found.issuer != self.address:
            raise self._strange(f"it calls itself {found.issuer}, which is another address")
        with self._lock:
            self._known = (time.monotonic(), found)
        return found

    def get(self, url: str, *, query: Mapping[str, str] | None = None, bearer: str = "") -> Json:
        """Ask for a JSON object, with an access token where one is needed."""
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        return self._call("GET", url, params=query, headers=headers)

    def clock_moved(self) -> float:
        """Return by how many seconds testers moved the portal's clock; 0 where they cannot.

        The page exists in the portal's demo profile only. Elsewhere this client judges every
        time by its own clock, as a client should.
        """
        try:
            offset = self.get(self.address + CLOCK_PATH).get("offset")
        except PortalProblem:
            return 0
        usable = isinstance(offset, int | float) and abs(offset) <= FURTHEST_CLOCK_SECONDS
        return float(offset) if usable else 0  # type: ignore[arg-type]  # judged above

    def post_json(self, url: str, body: Json) -> Json:
        """Send a JSON object."""
        return self._call("POST", url, json=body)

    def post_as_back_end(self, url: str, body: Json) -> Json:
        """Send a JSON object as the integration user, whom a bank's own systems are."""
        return self._call("POST", url, json=body, auth=self._back_end)

    @property
    def fido2_client(self) -> str:
        """Address of the script by which a page speaks to passkeys."""
        return f"{self._instance}/fido2-client/fido2-client.js"

    def post_with_key(self, path: str, body: Json) -> Json:
        """Send a JSON object to the second façade, with an access key."""
        headers = {"Authorization": f"Bearer {self._access_key}"}
        return self._call("POST", self._instance + path, json=body, headers=headers)

    def post_form(self, url: str, fields: Mapping[str, str]) -> Json:
        """Send a form as this client, by client_secret_basic."""
        return self._call("POST", url, data=fields, auth=self._credentials)

    def _call(  # noqa: PLR0913 - the parts of one request
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Json | None = None,
        data: Mapping[str, str] | None = None,
        auth: httpx2.Auth | None = None,
    ) -> Json:
        if not url:
            raise PortalSilent("The portal's discovery document names no such endpoint.")
        call = called(method, url)
        try:
            # A client for each call: cookies of one visitor's call never meet another's.
            with self._client() as http:
                answer = http.request(
                    method, url, params=params, headers=headers, json=json, data=data, auth=auth
                )
        except httpx2.HTTPError as error:
            raise self._silent() from error
        except (httpx2.InvalidURL, ValueError) as error:
            raise self._strange(f"{call} cannot be sent with what it gave us") from error
        body = _object(answer)
        if answer.is_success:
            if body is None and answer.content:
                raise self._strange(f"{call} was not answered with a JSON object")
            return body or {}
        raise PortalRefused.from_body(call, answer.status_code, body or {})

    def _client(self) -> httpx2.Client:
        return httpx2.Client(
            timeout=TIMEOUT, verify=_trusted(), trust_env=self._trust_env, follow_redirects=False
        )

    def _silent(self) -> PortalSilent:
        return PortalSilent(
            f"The portal did not answer at {self.address}.",
            hint="Start it with make run, then try again.",
        )

    def _strange(self, why: str) -> PortalSilent:
        return PortalSilent(
            f"Something answers at {self.address}, but not as this portal would: {why}.",
            hint="Check WEBFLOW_PUBLIC_URL and WEBFLOW_PORT of the portal and of this client.",
        )


@cache
def _trusted() -> ssl.SSLContext:
    """Read the certificates of the system, once: it takes a tenth of a second."""
    return httpx2.create_ssl_context()


def called(method: str, url: str) -> str:
    """Name a call as pages do, e.g. `POST /oauth2/token`: never its query."""
    return f"{method} {urlsplit(url).path}"


def _object(answer: httpx2.Response) -> Json | None:
    try:
        body: object = answer.json()
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _text(body: Json, name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""


def _violations(listed: object) -> tuple[str, ...]:
    """Put the envelope's list of faulty fields into words, one line for each."""
    if not isinstance(listed, list):
        return ()
    pairs = [(_text(v, "fieldName"), _text(v, "hint")) for v in listed if isinstance(v, dict)]
    return tuple(": ".join(part for part in pair if part) for pair in pairs if any(pair))
