"""Errors in the dialect of Next Step: `{"status": "ERROR", "responseObject": {code, message}}`."""

from http import HTTPStatus

import structlog
from flask import jsonify
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from app.api.kit import NotValid, Violation
from app.errors import (
    AlreadyConfigured,
    InvalidOperationData,
    NotAuthenticated,
    NotConfigured,
    OperationOver,
    Problem,
    UnsoundTable,
)

log = structlog.get_logger("webflow.nextstep")

MESSAGES = {
    "operation_not_found": ("OPERATION_NOT_FOUND", "Operation not found."),
    "operation_already_exists": ("OPERATION_ALREADY_EXISTS", "Operation already exists."),
    "operation_not_valid": ("OPERATION_NOT_VALID", "Operation has no valid history."),
    "invalid_configuration": ("INVALID_CONFIGURATION", "Operation is not configured."),
    "organization_not_found": ("ORGANIZATION_NOT_FOUND", "Organization not found."),
    "in_use": ("DELETE_NOT_ALLOWED", "It is in use."),
    "bad_request": ("INVALID_REQUEST", "Invalid request."),
    "not_trusted": (
        "INVALID_REQUEST",
        "Updates that confirm what a customer proves are not trusted here.",
    ),
    "not_authenticated": ("ERROR_UNAUTHORIZED", "Authentication is needed."),
    "not_allowed": ("ERROR_FORBIDDEN", "This caller may not do that."),
    "overloaded": ("ERROR_TRY_AGAIN", "Too much work is queued."),
    "try_again": ("ERROR_TRY_AGAIN", "A system behind us did not answer."),
}
"""Code of a problem → code and words of the dialect."""

OVER = {
    "finished": ("OPERATION_ALREADY_FINISHED", "Operation is finished."),
    "failed": ("OPERATION_ALREADY_FAILED", "Operation has failed."),
    "canceled": ("OPERATION_ALREADY_CANCELED", "Operation was canceled."),
}
"""How an operation ended → code and words of the dialect."""

OF_STATUS = {
    HTTPStatus.NOT_FOUND: ("ERROR_NOT_FOUND", "Resource not found."),
    HTTPStatus.TOO_MANY_REQUESTS: ("ERROR_TRY_AGAIN", "Too many failures from this address."),
}
"""Status of a refusal by HTTP → code and words of the dialect."""

UNKNOWN = ("ERROR_GENERIC", "Unknown error occurred.")


def dress(error: Exception) -> ResponseReturnValue:
    """Answer any failure below this façade's address."""
    match error:
        case NotValid():
            return _invalid(list(error.violations))
        case InvalidOperationData():
            given = error.context.get("violations")
            pairs = given if isinstance(given, tuple) else (("operationData", error.detail),)
            return _invalid([Violation(name, None, hint) for name, hint in pairs])
        case Problem():
            log.info(error.code, detail=error.detail)
            return _error(*_words(error)), error.status, _headers(error)
        case HTTPException():
            return _http(error)
        case _:
            log.error("unexpected", exc_info=error)
            return _error(*UNKNOWN), HTTPStatus.INTERNAL_SERVER_ERROR


def _http(error: HTTPException) -> ResponseReturnValue:
    status = HTTPStatus(error.code or 500)
    code, words = OF_STATUS.get(status, ("INVALID_REQUEST", f"{status.phrase}."))
    return _error(code, words), status, {k: v for k, v in error.get_headers() if k == "Allow"}


def _words(problem: Problem) -> tuple[str, str]:
    match problem:
        case UnsoundTable():  # the operator who made it so has to know
            return "INVALID_CONFIGURATION", "; ".join(problem.faults)
        case AlreadyConfigured():
            return f"{problem.thing.upper()}_ALREADY_EXISTS", "It already exists."
        case NotConfigured():
            return f"{problem.thing.upper()}_NOT_FOUND", "It is not configured."
        case OperationOver():
            return OVER[problem.how]
        case _:
            return MESSAGES.get(problem.code, UNKNOWN)


def _headers(problem: Problem) -> dict[str, str]:
    if isinstance(problem, NotAuthenticated):
        return {"WWW-Authenticate": 'Basic realm="nextstep", charset="UTF-8"'}
    return {"Retry-After": "2"} if problem.status is HTTPStatus.SERVICE_UNAVAILABLE else {}


def _invalid(violations: list[Violation]) -> ResponseReturnValue:
    body = {
        "code": "REQUEST_VALIDATION_FAILED",
        "message": "Request validation failed.",
        "violations": [
            {"fieldName": v.field, "invalidValue": v.given, "hint": v.hint} for v in violations
        ],
    }
    return jsonify({"status": "ERROR", "responseObject": body}), HTTPStatus.BAD_REQUEST


def _error(code: str, message: str) -> dict[str, object]:
    return {"status": "ERROR", "responseObject": {"code": code, "message": message}}
