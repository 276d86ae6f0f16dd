"""Calls of integrators over HTTP: one attempt each, to the very address that was judged.

Nothing of an answer is read but its status; redirects are answers like any other. No failure,
and no chained exception, carries a body, an address or a credential.
"""

import base64
import hmac
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus
from typing import Final

import httpcore2
import httpx2

from app import clock
from app.channels.addresses import PORTS, AddressRefusedError, addresses_of, check_url
from app.channels.base import DeliveryFailed
from app.channels.client_credentials import Client, Tokens
from app.channels.line import Line
from app.settings import CallbacksSettings

LARGEST_ANSWER: Final = 65536
"""Bytes of an answer that is read: of a token."""

ALWAYS: Final = {
    "User-Agent": "Web Flow",
    "Accept-Encoding": "identity",
    "Connection": "close",
}

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - what stands before a secret


@dataclass(frozen=True)
class Call:
    """One message to an integrator; its `repr` tells no secret, and nothing of a person."""

    id: str
    """The same for every attempt: the receiver knows by it what it has seen."""
    url: str = field(repr=False)
    body: bytes = field(repr=False)
    basic: tuple[str, str] | None = field(default=None, repr=False)
    client: Client | None = field(default=None, repr=False)
    """Wins over `basic`."""
    signing_secret: str | None = field(default=None, repr=False)


class Webhooks:
    """Makes calls; shared by all threads of a process."""

    def __init__(self, settings: CallbacksSettings, *, allow_private: bool) -> None:
        self._settings = settings
        self._allow_private = allow_private
        self._tokens = Tokens()
        self._tls = ssl.create_default_context(cafile=settings.ca_file or None)
        self._tls.set_alpn_protocols(["http/1.1"])

    def send(self, call: Call) -> None:
        """Hand a message over, or raise DeliveryFailed."""
        failure = self._attempt(call)
        if failure:
            raise failure

    def _attempt(self, call: Call) -> DeliveryFailed | None:
        """Send once, and return what went wrong; raised from here it would carry our variables."""
        until = time.monotonic() + self._settings.timeout.total_seconds()
        try:
            status = self._post(call, until)
            if status == HTTPStatus.UNAUTHORIZED and call.client is not None:
                self._tokens.forget(call.client)  # it may have been withdrawn
                status = self._post(call, until)
        except DeliveryFailed as failure:
            return DeliveryFailed(failure.code, temporary=True, answer=failure.answer)
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return None
        return DeliveryFailed(f"http_{status}", temporary=True)

    def _post(self, call: Call, until: float) -> int:
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": call.id,
            **signature(call),
        }
        if call.client is not None:
            headers["Authorization"] = f"Bearer {self._token(call.client, until)}"
        elif call.basic is not None:
            headers["Authorization"] = _basic(*call.basic)
        with self._answer(call.url, call.body, headers, until) as answer:
            return answer.status

    def _token(self, client: Client, until: float) -> str:
        headers = {
            "Accept": "application/json",
            "Authorization": _basic(*client.credentials),
            "Content-Type": "application/x-www-form-urlencoded",
        }

        def fetch() -> bytes:
            with self._answer(client.token_uri, client.form, headers, until) as answer:
                if answer.status != HTTPStatus.OK:
                    raise DeliveryFailed(f"token_http_{answer.status}", temporary=True)
                return _body(answer)

        return self._tokens.get(client, fetch)

    @contextmanager
    def _answer(
        self, url: str, body: bytes, headers: Mapping[str, str], until: float
    ) -> Iterator[httpcore2.Response]:
        """Make one request, on a connection of its own; the time is up at `until`.

        So nothing that one receiver says, or is told, reaches another at the same address.
        """
        try:
            check_url(url, allow_private=self._allow_private)
            given = httpx2.URL(url)
            port = given.port or PORTS[given.scheme]
            target = httpcore2.URL(
                scheme=given.raw_scheme, host=given.raw_host, port=port, target=given.raw_path
            )
            named = list({**ALWAYS, **headers, "Host": given.netloc.decode("ascii")}.items())
            line = self._connect(target, until)
            with (
                httpcore2.HTTP11Connection(target.origin, line) as connection,
                connection.stream("POST", target, headers=named, content=body) as answer,
            ):
                yield answer
        except AddressRefusedError as refused:
            raise DeliveryFailed(refused.code, temporary=True) from None
        except TimeoutError:
            raise DeliveryFailed("timeout", temporary=True) from None
        except (httpcore2.ProtocolError, httpx2.InvalidURL, OSError, ValueError) as error:
            raise DeliveryFailed("no_answer", temporary=True, answer=type(error).__name__) from None

    def _connect(self, target: httpcore2.URL, until: float) -> Line:
        """Try the addresses of a host in their order; for TLS its name counts."""
        host, port = target.host.decode("ascii").strip("[]"), target.origin.port
        tls = (self._tls, host) if target.scheme == b"https" else None
        at_most = self._settings.connect_timeout.total_seconds()
        code = "not_connected"
        for address in addresses_of(host, port, allow_private=self._allow_private):
            try:
                return Line.to(address, port, until=until, at_most=at_most, tls=tls)
            except TimeoutError:
                code = "timeout"
            except OSError:
                code = "not_connected"
        raise DeliveryFailed(code, temporary=True)


def signature(call: Call) -> dict[str, str]:
    """Return the headers of Standard Webhooks by which a receiver knows that a call is ours."""
    if call.signing_secret is None:
        return {}
    moment = str(int(clock.real().timestamp()))
    signed = f"{call.id}.{moment}.".encode() + call.body
    digest = hmac.new(signing_key(call.signing_secret), signed, sha256).digest()
    return {
        "webhook-id": call.id,
        "webhook-timestamp": moment,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def signing_key(secret: str) -> bytes:
    """Return the bytes of a secret, `whsec_` and Base64. Raises ValueError."""
    if not secret.startswith(SECRET_PREFIX):
        raise ValueError("begins with whsec_")
    return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)


def _basic(username: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def _body(answer: httpcore2.Response) -> bytes:
    found = b""
    for some in answer.iter_stream():
        found += some
        if len(found) > LARGEST_ANSWER:
            raise DeliveryFailed("answer_too_large", temporary=True)
    return found
