"""Calls of integrators over HTTP: one attempt each, to the very address that was judged.

Nothing of an answer is read but its status; redirects are answers like any other. No failure,
and no chained exception, carries a body, an address or a credential.
"""

import base64
import hmac
import socket
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from threading import Timer
from typing import Any, Final, Self

import httpx2

from app import clock
from app.channels.addresses import PORTS, AddressRefusedError, addresses_of, check_url
from app.channels.base import DeliveryFailed
from app.channels.client_credentials import Client, Tokens
from app.settings import CallbacksSettings

LARGEST_ANSWER: Final = 65536
"""Bytes of an answer that is read: of a token."""

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
        self._client = httpx2.Client(
            verify=ssl.create_default_context(cafile=settings.ca_file),
            trust_env=False,
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=0),
        )
        # One address may serve many receivers: nothing that one says reaches another.
        self._client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))

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
            return answer.status_code

    def _token(self, client: Client, until: float) -> str:
        headers = {
            "Accept": "application/json",
            "Authorization": _basic(*client.credentials),
            "Content-Type": "application/x-www-form-urlencoded",
        }

        def fetch() -> bytes:
            with self._answer(client.token_uri, client.form, headers, until) as answer:
                if answer.status_code != HTTPStatus.OK:
                    raise DeliveryFailed(f"token_http_{answer.status_code}", temporary=True)
                return _body(answer)

        return self._tokens.get(client, fetch)

    @contextmanager
    def _answer(
        self, url: str, body: bytes, headers: Mapping[str, str], until: float
    ) -> Iterator[httpx2.Response]:
        """Make one request, to one of the addresses of its host; the time is up at `until`."""
        try:
            check_url(url, allow_private=self._allow_private)
            target = httpx2.URL(url)
            port = target.port or PORTS[target.scheme]
            addresses = addresses_of(_host(target), port, allow_private=self._allow_private)
            with self._connected(target, addresses, body, headers, until) as answer:
                yield answer
        except AddressRefusedError as refused:
            raise DeliveryFailed(refused.code, temporary=True) from None
        except httpx2.ConnectError:
            raise DeliveryFailed("not_connected", temporary=True) from None
        except httpx2.TimeoutException:
            raise DeliveryFailed("timeout", temporary=True) from None
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
            late = time.monotonic() >= until
            name = type(error).__name__
            code = "timeout" if late else "no_answer"
            raise DeliveryFailed(code, temporary=True, answer=name) from None

    @contextmanager
    def _connected(
        self,
        target: httpx2.URL,
        addresses: Sequence[str],
        body: bytes,
        headers: Mapping[str, str],
        until: float,
    ) -> Iterator[httpx2.Response]:
        """Try the addresses in their order; the host's name stays in TLS and in the request."""
        named = {**headers, "Host": target.netloc.decode("ascii"), "Accept-Encoding": "identity"}
        with _Deadline(until) as deadline:
            for number, address in enumerate(addresses, start=1):
                request = self._client.build_request(
                    "POST",
                    target.copy_with(host=address),
                    content=body,
                    headers=named,
                    timeout=self._timeout(until),
                    extensions={"sni_hostname": _host(target), "trace": deadline.follow},
                )
                try:
                    answer = self._client.send(request, stream=True)
                except (httpx2.ConnectError, httpx2.ConnectTimeout):
                    if number == len(addresses):
                        raise
                    continue
                try:
                    yield answer
                finally:
                    answer.close()
                return

    def _timeout(self, until: float) -> httpx2.Timeout:
        left = max(until - time.monotonic(), 0.01)
        connect = min(left, self._settings.connect_timeout.total_seconds())
        return httpx2.Timeout(left, connect=connect)


class _Deadline:
    """Ends a connection when its time is up, however busy it is: each byte starts no new time."""

    def __init__(self, until: float) -> None:
        self._timer = Timer(max(until - time.monotonic(), 0), self._end)
        self._timer.daemon = True
        self._socket: socket.socket | None = None

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def follow(self, name: str, facts: Mapping[str, Any]) -> None:
        """Hear from the library what it does."""
        if name in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._socket = facts["return_value"].get_extra_info("socket")

    def _end(self) -> None:
        if self._socket is not None:
            with suppress(OSError):  # it is closed already
                self._socket.shutdown(socket.SHUT_RDWR)


def signature(call: Call) -> dict[str, str]:
    """Return the headers of Standard Webhooks by which a receiver knows that a call is ours."""
    if call.signing_secret is None:
        return {}
    moment = str(int(clock.now().timestamp()))
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


def _host(url: httpx2.URL) -> str:
    return url.raw_host.decode("ascii").strip("[]")


def _basic(username: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def _body(answer: httpx2.Response) -> bytes:
    found = b""
    for some in answer.iter_raw():
        found += some
        if len(found) > LARGEST_ANSWER:
            raise DeliveryFailed("answer_too_large", temporary=True)
    return found
