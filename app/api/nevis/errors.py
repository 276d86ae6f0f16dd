"""Errors in the dialect of the second façade: `{"errors": [{"code": "…", "message": "…"}]}`."""

from http import HTTPStatus
from math import ceil

import structlog
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from app.api.kit import NotValid, Violation
from app.errors import NotAuthenticated, Problem, TooManyRequests

log = structlog.get_logger("webflow.nevis")

MESSAGES = {
    "customer_not_found": ("user.unknown", "There is no such user."),
    "customer_already_exists": ("user.exists", "Another user is called so."),
    "authenticator_not_found": ("authenticator.unknown", "There is no such authenticator."),
    "registration_not_found": ("authenticator.unknown", "There is no such authenticator."),
    "too_many_authenticators": ("authenticator.tooMany", "The user has too many authenticators."),
    "too_many_requests": ("user.rateLimit", "The user was asked too often."),
    "too_many_attempts": ("code.tooMany", "Too many codes were wrong."),
    "token_not_found": ("token.unknown", "The token is unknown, was used, or has expired."),
    "not_authenticated": ("authorization.missing", "An access key is needed."),
    "not_allowed": ("authorization.invalid", "This access key or token does not allow it."),
    "bad_request": ("request.malformed", "The request cannot be understood."),
}
"""Code of a problem → code and words of the dialect."""

OF_STATUS = {
    HTTPStatus.NOT_FOUND: ("resource.unknown", "There is nothing at this address."),
    HTTPStatus.TOO_MANY_REQUESTS: ("requests.tooMany", "Too many failures from this address."),
    HTTPStatus.METHOD_NOT_ALLOWED: ("method.notAllowed", "Not by this method."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("request.tooLarge", "The request is too large."),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: ("mediaType.unsupported", "Not in this media type."),
}
"""Status of a refusal by HTTP → code and words of the dialect."""

UNKNOWN = ("internal", "Something went wrong.")
KINDS = {"missing": "missing"}
"""Pydantic's word → ours."""

OURS = "Value error, "
RETRY = {HTTPStatus.SERVICE_UNAVAILABLE: "2", HTTPStatus.TOO_MANY_REQUESTS: "60"}


class RuleBroken(Problem):
    """What is asked is understood, and against a rule; `http` is how it is answered."""

    code = "rule_broken"
    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(
        self, code: str, message: str, http: HTTPStatus = HTTPStatus.UNPROCESSABLE_ENTITY
    ) -> None:
        super().__init__(code)
        self.said = (code, message)
        self.http = http


def dress(error: Exception) -> ResponseReturnValue:
    """Answer any failure below this façade's address."""
    match error:
        case NotValid():
            log.info(error.code, detail=error.detail)
            return _errors(*map(_said, error.violations)), HTTPStatus.UNPROCESSABLE_ENTITY
        case RuleBroken():
            log.info(error.code, detail=error.detail)
            return _errors(error.said), error.http
        case Problem(status=HTTPStatus.INTERNAL_SERVER_ERROR):
            log.error("unexpected", exc_info=error)
            return _errors(UNKNOWN), error.status
        case Problem():
            log.info(error.code, detail=error.detail)
            words = MESSAGES.get(error.code, (error.code, error.status.phrase + "."))
            return _errors(words), error.status, _headers(error)
        case HTTPException():
            return _http(error)
        case _:
            log.error("unexpected", exc_info=error)
            return _errors(UNKNOWN), HTTPStatus.INTERNAL_SERVER_ERROR


def _http(error: HTTPException) -> ResponseReturnValue:
    status = HTTPStatus(error.code or 500)
    words = OF_STATUS.get(status, ("request.refused", f"{status.phrase}."))
    return _errors(words), status, {k: v for k, v in error.get_headers() if k == "Allow"}


def _headers(problem: Problem) -> dict[str, str]:
    if isinstance(problem, NotAuthenticated):
        return {"WWW-Authenticate": 'Bearer realm="nevis"'}
    if isinstance(problem, TooManyRequests):
        return {"Retry-After": str(ceil(problem.wait.total_seconds()))}
    return {"Retry-After": RETRY[problem.status]} if problem.status in RETRY else {}


def _said(violation: Violation) -> tuple[str, str]:
    hint = violation.hint.removeprefix(OURS)
    field = violation.field or "request"
    return f"{field}.{KINDS.get(violation.kind, 'invalid')}", f"{hint}."


def _errors(*said: tuple[str, str]) -> dict[str, object]:
    return {"errors": [{"code": code, "message": message} for code, message in said]}
