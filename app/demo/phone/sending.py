"""One HTTP request of a phone, and the ways in which nothing comes back."""

import ssl
from collections.abc import Mapping
from functools import cache

import httpx2

from app.demo.environment import is_loopback
from app.demo.phone.troubles import NotUnderstood, Unreachable

USER_AGENT = "Web Flow demo phone"
TIMEOUT = httpx2.Timeout(10, connect=3)


def send(
    method: str, url: str, headers: Mapping[str, str], body: bytes = b"", *, called: str
) -> httpx2.Response:
    """Send a request; `called` is what people are told of the address. Raises Trouble."""
    try:
        # A proxy that the environment names does not know this machine's own ports.
        with httpx2.Client(
            timeout=TIMEOUT,
            verify=_trusted(),
            trust_env=not is_loopback(url),
            follow_redirects=False,
        ) as client:
            return client.request(method, url, content=body, headers=headers)
    except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
        raise Unreachable(called, left=False) from error
    except httpx2.TransportError as error:
        raise Unreachable(called) from error
    except (httpx2.InvalidURL, ValueError) as error:
        raise NotUnderstood(f"{called} is not an address.") from error


@cache
def _trusted() -> ssl.SSLContext:
    """Read the certificates of the system, once: it takes a tenth of a second."""
    return httpx2.create_ssl_context()
