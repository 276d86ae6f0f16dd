"""How often one address may ask; health checks and the pages of flows are never counted.

Redis counts for all processes; while it is lost, slow or not there, each process counts for
itself, and no request fails for it.
"""

import logging
from collections.abc import Callable, Iterator
from ipaddress import IPv6Address, ip_address

import structlog
from flask import Flask, Response, g, request
from flask_limiter import ApplicationLimit, Limiter, RequestLimit

from app import metrics
from app.hints import redis_options
from app.settings import RateLimitSettings

log = structlog.get_logger("webflow.limits")

Applies = Callable[[], bool]
Counts = Callable[[Response], bool]

AUTHORIZE = frozenset({"/oauth2/authorize"})
OAUTH_API = frozenset({"/oauth2/token", "/oauth2/introspect", "/oauth2/revoke", "/oauth2/par"})
NEXTSTEP = "/powerauth-nextstep/"
CLOUD = "/powerauth-cloud/"
NEVIS, OF_APPS = "/nevis/", "/nevisfido/"
IPV6_CUSTOMER = 64
"""Bits of an IPv6 address that its owner cannot change at will."""


def register(app: Flask, settings: RateLimitSettings, *, redis_url: str) -> None:
    """Refuse what comes too often from one address, with 429 and in the caller's dialect."""
    limits: list[str | Callable[[], str] | ApplicationLimit] = [
        _limit(name, rate, applies, counts)
        for name, rate, applies, counts in _rules(settings)
        if rate
    ]
    if not limits:
        return
    logging.getLogger("flask-limiter").setLevel(logging.WARNING)  # it would name the address
    limiter = Limiter(
        key_func=address,
        app=app,
        application_limits=limits,
        storage_uri=redis_url.replace("unix://", "redis+unix://", 1) or "memory://",
        storage_options=redis_options() if redis_url else {},
        in_memory_fallback_enabled=True,
        swallow_errors=True,
        key_prefix="webflow",
    )

    @app.after_request
    def say_when(response: Response) -> Response:
        reached = limiter.current_limit
        if response.status_code == 429 and reached and reached.breached:  # noqa: PLR2004 - too many
            response.headers["Retry-After"] = str(reached.limit.get_expiry())
        return response


def address() -> str:
    """Return whom to count: the caller's address, of IPv6 the network that one customer has."""
    try:
        found = ip_address(request.remote_addr or "")
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(IPv6Address(int(found) >> IPV6_CUSTOMER << IPV6_CUSTOMER))
    return str(found)


def _rules(settings: RateLimitSettings) -> Iterator[tuple[str, str, Applies, Counts | None]]:
    """Yield the name of each limit, its rate, whom it is for, and which answers it counts."""
    yield "authorize", settings.authorize, lambda: request.path in AUTHORIZE, None
    yield "oauth", settings.oauth_failures, lambda: request.path in OAUTH_API, _refused
    to_nextstep = settings.nextstep_failures
    yield "nextstep", to_nextstep, lambda: request.path.startswith(NEXTSTEP), _refused
    to_cloud = settings.cloud_failures
    yield "cloud", to_cloud, lambda: request.path.startswith(CLOUD), _refused
    to_nevis = settings.nevis_failures
    yield "nevis", to_nevis, lambda: request.path.startswith(NEVIS), _guessed


def _limit(name: str, rate: str, applies: Applies, counts: Counts | None) -> ApplicationLimit:
    def tell(_limit: RequestLimit) -> None:
        metrics.LIMITED.labels(name).inc()
        log.warning("rate_limited", limit=name)

    return ApplicationLimit(
        limit_provider=rate,
        scope=name,
        exempt_when=lambda: not applies(),
        deduct_when=counts,
        on_breach=tell,
    )


def _guessed(response: Response) -> bool:
    """Tell whether a key, an intent, a token or a challenge of the second façade was none.

    Where the answer does not say it, the façade does.
    """
    is_token = response.status_code == 404 and OF_APPS in request.path  # noqa: PLR2004 - not found
    return bool(g.get("guessed")) or is_token or response.status_code in (401, 403)


def _refused(response: Response) -> bool:
    return response.status_code == 401  # noqa: PLR2004 - not authenticated
