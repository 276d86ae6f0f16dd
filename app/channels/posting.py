"""How providers of pushes are spoken to: one POST with a timeout, and an answer that is judged."""

import ssl
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from http import HTTPStatus
from threading import Lock

import httpx2

from app import clock
from app.channels.base import DeliveryFailed
from app.settings import PushSettings

KEPT_SECONDS = 300.0
"""An idle connection stays open this long: APNs wants it kept, gateways forget it in 350."""

LONGEST_WAIT = timedelta(hours=1)
PASSING = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS)

ENDED = (
    httpx2.ReadError, httpx2.WriteError, httpx2.CloseError, httpx2.RemoteProtocolError
)  # fmt: skip
"""How a connection ends under a request."""


@dataclass(frozen=True)
class Answer:
    """What a provider said."""

    status: int
    body: Mapping[str, object] = field(repr=False)
    """Empty, where it is not a JSON object."""
    retry_after: timedelta | None

    @property
    def is_success(self) -> bool:
        """Whether the status is one of the 200s."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    def refusal(self, code: str, reason: str = "") -> DeliveryFailed:
        """Return a failure that is temporary where the status says that it passes."""
        told = f"{self.status} {reason}".strip()
        if self.status in PASSING or self.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return self.busy(told)
        return DeliveryFailed(code, temporary=False, answer=told)

    def busy(self, told: str) -> DeliveryFailed:
        """Return a failure that passes by itself."""
        return DeliveryFailed(
            "provider_busy", temporary=True, answer=told, retry_after=self.retry_after
        )


class Poster:
    """A client of its own pool of connections; threads may share it.

    On HTTP/2 they take turns: the one connection is not safe for requests of several threads at
    once (httpcore2 2.16.2 mixes up the streams, and loses answers).
    """

    def __init__(self, settings: PushSettings, *, http2: bool = False) -> None:
        self._turn: AbstractContextManager[object] = Lock() if http2 else nullcontext()
        self._client = httpx2.Client(
            http1=not http2,
            http2=http2,
            verify=_trusted(settings),
            timeout=settings.timeout.total_seconds(),
            limits=httpx2.Limits(keepalive_expiry=KEPT_SECONDS),
            trust_env=False,
        )

    def post(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Mapping[str, object] | None = None,
        data: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request. Raises DeliveryFailed when there is no answer.

        Providers end connections that were idle, and HTTP/2 notices it by the next request: that
        one is sent once more. What was taken after all is shown once, for it has the same name.
        """
        send = partial(self._client.post, url, headers=headers, json=json, data=data)
        try:
            with self._turn:
                try:
                    answer = send()
                except ENDED:
                    answer = send()
        except UnicodeEncodeError:  # half a surrogate pair is no text
            raise DeliveryFailed("message_refused", temporary=False) from None
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, RuntimeError) as error:
            # The last one: the credentials have changed, and the client was closed just now.
            name = type(error).__name__
            raise DeliveryFailed("no_answer", temporary=True, answer=name, uncertain=True) from None
        return Answer(
            status=answer.status_code,
            body=_object(answer),
            retry_after=_wait(answer.headers.get("Retry-After", "")),
        )

    def close(self) -> None:
        """Close every connection, once nobody is speaking on it."""
        with self._turn:
            self._client.close()


def _trusted(settings: PushSettings) -> ssl.SSLContext | bool:
    if not settings.ca_file:
        return True
    return ssl.create_default_context(cafile=settings.ca_file)


def _object(answer: httpx2.Response) -> Mapping[str, object]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _wait(header: str) -> timedelta | None:
    """Read `Retry-After`: seconds, or a date."""
    if header.isascii() and header.isdigit():
        wanted = timedelta(seconds=min(int(header[:9]), int(LONGEST_WAIT.total_seconds())))
    else:
        try:
            at = parsedate_to_datetime(header)
        except ValueError:
            return None
        wanted = at.replace(tzinfo=at.tzinfo or UTC) - clock.real()
    return min(max(wanted, timedelta(0)), LONGEST_WAIT)
