"""Whether this process lives, whether it can work, and what it has counted."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address
from socket import AF_INET6
from threading import Thread
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from flask import Blueprint, Flask, Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue

EXTENSION = "webflow.health"
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")
TEXT = "text/plain; version=0.0.4; charset=utf-8"

bp = Blueprint("health", __name__)


@dataclass(frozen=True)
class Health:
    """What these addresses ask; the factory knows how to answer."""

    failing: Callable[[], list[str]]
    """Names of what is not as it must be."""
    metrics: Callable[[], bytes]
    token: str
    """Who brings it may read the metrics; empty: only callers on this machine."""


@bp.get("/healthz")
def healthz() -> ResponseReturnValue:
    """Say that the process answers; touches nothing else."""
    return jsonify({"status": "UP"})


@bp.get("/readyz")
def readyz() -> ResponseReturnValue:
    """Say whether this process can work, or what is missing; the log says why."""
    if failing := _health().failing():
        return jsonify({"status": "DOWN", "failing": failing}), HTTPStatus.SERVICE_UNAVAILABLE
    return jsonify({"status": "UP"})


@bp.get("/metrics")
def metrics() -> ResponseReturnValue:
    """Give the numbers to the monitoring."""
    if _health().token:
        if not _has_token():
            challenge = {"WWW-Authenticate": "Bearer"}
            return jsonify({"error": "unauthorized"}), HTTPStatus.UNAUTHORIZED, challenge
    elif not _is_local():
        return jsonify({"error": "forbidden"}), HTTPStatus.FORBIDDEN
    return Response(_health().metrics(), content_type=TEXT)


def serve(app: Flask, host: str, port: int) -> None:
    """Serve these addresses from a thread, in a process that has no web server."""
    kind = _ServerV6 if ":" in host else WSGIServer
    server = make_server(host, port, app, kind, _Quiet)
    Thread(target=server.serve_forever, name="health", daemon=True).start()


class _ServerV6(WSGIServer):
    """The same for addresses of version 6."""

    address_family = AF_INET6


class _Quiet(WSGIRequestHandler):
    """Does not write down who asked what, and waits for nobody."""

    timeout = 5.0

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Write nothing."""


def _health() -> Health:
    found: Health = current_app.extensions[EXTENSION]
    return found


def _has_token() -> bool:
    given = request.headers.get("Authorization", "").encode()
    return hmac.compare_digest(given, f"Bearer {_health().token}".encode())


def _is_local() -> bool:
    """Tell whether the caller is on this machine, and no proxy calls for somebody else."""
    try:
        near = ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
    return near and not any(name in request.headers for name in FORWARDED)
