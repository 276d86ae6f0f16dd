"""Errors in the dialect of Next Step: `{"status": "ERROR", "responseObject": {code, message}}`."""

from http import HTTPStatus

import structlog
from flask import jsonify
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from app.api.kit import NotValid, Violation
from app.errors import BadRequest, InvalidOperationData, Problem

log = structlog.get_logger("webflow.nextstep")

MESSAGES = {
    "operation_not_found": ("OPERATION_NOT_FOUND", "Operation not found."),
    "operation_already_exists": ("OPERATION_ALREADY_EXISTS", "Operation already exists."),
    "invalid_configuration": ("INVALID_CONFIGURATION", "Operation is not configured."),
    "organization_not_found": ("ORGANIZATION_NOT_FOUND", "Organization not found."),
    "bad_request": ("INVALID_REQUEST", "Invalid request."),
}
"""Code of a problem → code and words of the dialect."""


def dress(error: Exception) -> ResponseReturnValue:
    """Answer any failure below this façade's address."""
    match error:
        case NotValid():
            return _invalid(list(error.violations))
        case InvalidOperationData():
            given = error.context.get("violations")
            pairs = given if isinstance(given, tuple) else (("operationData", error.detail),)
            return _invalid([Violation(name, None, hint) for name, hint in pairs])
        case BadRequest() | Problem():
            code, message = MESSAGES.get(error.code, ("ERROR_GENERIC", "Unknown error occurred."))
            return _error(code, message), error.status
        case HTTPException(code=404):
            return _error("ERROR_NOT_FOUND", "Resource not found."), HTTPStatus.NOT_FOUND
        case HTTPException():
            status = HTTPStatus(error.code or 500)
            headers = {k: v for k, v in error.get_headers() if k == "Allow"}
            return _error("INVALID_REQUEST", status.phrase + "."), status, headers
        case _:
            log.error("unexpected", exc_info=error)
            generic = _error("ERROR_GENERIC", "Unknown error occurred.")
            return generic, HTTPStatus.INTERNAL_SERVER_ERROR


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
