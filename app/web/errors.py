"""Error pages: what happened and what to do, a reference, and nothing about the inside."""

import secrets
from collections.abc import Callable, Mapping
from http import HTTPStatus

import structlog
from flask import Flask, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from app import clock
from app.errors import OperationNotAvailable, Problem
from app.web import locale

log = structlog.get_logger("webflow.web")

CODES = {
    HTTPStatus.BAD_REQUEST: "bad_request",
    HTTPStatus.FORBIDDEN: "forbidden",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large",
    HTTPStatus.TOO_MANY_REQUESTS: "too_many_requests",
    HTTPStatus.SERVICE_UNAVAILABLE: "overloaded",
}
OF_STRANGERS = frozenset({"invalid_client", "invalid_redirect_uri"})
"""Where nobody vouches for the address to which the customer was to go."""


Dress = Callable[[Exception], ResponseReturnValue]
"""How a façade answers a failure in its dialect."""


def register(app: Flask, *, dialects: Mapping[str, Dress]) -> None:
    """Give every failure a page, or below a façade's address the façade's own answer."""

    @app.before_request
    def name_the_request() -> None:
        g.reference = f"{secrets.token_hex(2)}-{secrets.token_hex(2)}-{secrets.token_hex(2)}"
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=g.reference)

    @app.errorhandler(Exception)
    def refuse(error: Exception) -> ResponseReturnValue:
        g.failed = True
        for prefix, dress in dialects.items():
            if request.path == prefix or request.path.startswith(prefix + "/"):
                return dress(error)
        return _paged(error)


def _paged(error: Exception) -> ResponseReturnValue:
    match error:
        case Problem():
            return _problem(error)
        case CSRFError():
            return _csrf(error)
        case HTTPException():
            return _http(error)
        case _:
            return _unknown(error)


def _problem(problem: Problem) -> ResponseReturnValue:
    log.warning(problem.code, detail=problem.detail, **_loggable(problem.context))
    lost = request.blueprint == "flow" and not request.cookies
    code = "no_cookies" if lost and isinstance(problem, OperationNotAvailable) else problem.code
    headers = {"Retry-After": "2"} if problem.status is HTTPStatus.SERVICE_UNAVAILABLE else {}
    return _page(code, problem.status), problem.status, headers


def _csrf(_error: CSRFError) -> ResponseReturnValue:
    return _page("csrf", HTTPStatus.FORBIDDEN), HTTPStatus.FORBIDDEN


def _http(error: HTTPException) -> ResponseReturnValue:
    status = HTTPStatus(error.code or 500)
    if status < HTTPStatus.BAD_REQUEST:
        return error.get_response()
    headers = dict(error.get_headers())
    headers.pop("Content-Type", None)
    return _page(CODES.get(status, "bad_request"), status), status, headers


def _unknown(error: Exception) -> ResponseReturnValue:
    log.error("unexpected", exc_info=error)
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return _page("internal", status), status


def _page(code: str, status: HTTPStatus) -> str:
    if request.method == "GET":
        asked = request.args.to_dict(flat=False)
        if code in OF_STRANGERS:
            asked.pop("redirect_uri", None)  # no page names it; without it the error is the same
        locale.keep_in_links(asked)
    error = {
        "code": code,
        "reference": g.get("reference", ""),
        "time": clock.now(),
        "retry_url": _again() if status >= HTTPStatus.INTERNAL_SERVER_ERROR else None,
        "status": int(status),
    }
    return render_template("errors/error.html", error=error)


def _again() -> str | None:
    """Return an address that is safe to ask for again: what was looked at, or the flow's page."""
    if request.method == "GET":
        return request.full_path.removesuffix("?")
    return request.path if request.endpoint == "flow.answer" else None


def _loggable(context: dict[str, object]) -> dict[str, object]:
    return {f"about_{key}": str(value) for key, value in context.items()}
