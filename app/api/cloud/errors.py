"""Errors in the dialect of the Cloud API: `{"status": "ERROR", "responseObject": {code, message}}`.

What is not there, and what is not the caller's, is 400, in the same words.
"""

from collections.abc import Sequence
from http import HTTPStatus

import structlog
from flask import request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from app.api.kit import NotValid, Violation
from app.errors import (
    ApplicationNotFound,
    BadRequest,
    NotAuthenticated,
    NotConfigured,
    Problem,
    UnknownSetting,
)

log = structlog.get_logger("webflow.cloud")

ADMIN = ("/powerauth-cloud/admin/", "/powerauth-cloud/v2/admin/")
NO_REGISTRATION = "Registration was not found, or the caller has no access to it."
NO_APPLICATION = "Application was not found, or the caller has no access to it."
BAD_KEY = "Invalid {act} application configuration request for configuration key: {key}"
MESSAGES = {
    "bad_request": ("ERROR_REQUEST", "Invalid request."),
    "invalid_operation_data": ("ERROR_REQUEST", "Invalid operation data."),
    "not_configured": ("ERROR_REQUEST", "No such template."),
    "already_configured": ("ERROR_ADMIN", "Template already exists."),
    "registration_not_found": ("ERROR_REGISTRATION_NOT_FOUND", NO_REGISTRATION),
    "registration_not_allowed": (
        "ERROR_REGISTRATION_NOT_ALLOWED",
        "Another registration is in progress.",
    ),
    "registration_change_refused": (
        "ERROR_REGISTRATION_CHANGE",
        "Invalid registration change was attempted.",
    ),
    "wrong_registration_otp": ("ERROR_REGISTRATION", "The one-time password is wrong."),
    "signature_malformed": ("ERROR_SIGNATURE_INVALID", "Signature header is not valid."),
    "token_malformed": ("ERROR_TOKEN_INVALID", "Token header is not valid."),
    "offline_code_malformed": ("ERROR_OTP_INVALID", "OTP format is not valid."),
    "offline_nonce_refused": (
        "ERROR_REQUEST",
        "The nonce was not issued for this operation and registration.",
    ),
    "operation_not_found": ("ERROR_OPERATION_NOT_FOUND", "Operation was not found."),
    "operation_change_refused": (
        "ERROR_OPERATION_STATE_CHANGE",
        "Invalid operation change was attempted.",
    ),
    "invalid_message": ("ERROR_PUSH_MESSAGE", "Title must not be blank."),
    "inbox_refused": ("ERROR_INBOX", "The caller has no application."),
    "inbox_message_not_found": (
        "ERROR_INBOX_NOT_FOUND",
        "Message was not found, or the caller has no access to it.",
    ),
    "application_not_found": ("ERROR_ADMIN", "No enabled application version was found"),
    "application_already_exists": ("ERROR_ADMIN", "Application already exists."),
    "audit_refused": ("ERROR_AUDIT", "Error occurred while fetching the audit log."),
    "system_user_not_found": ("ERROR_ADMIN", "User was not found."),
    "system_user_already_exists": ("ERROR_ADMIN", "User already exists."),
    "last_administrator": ("ERROR_ADMIN", "The last administrator cannot be removed."),
    "callback_not_found": ("ERROR_ADMIN", "Callback was not found."),
    "invalid_callback_url": ("ERROR_ADMIN", "Callback URL is not valid."),
    "invalid_token_uri": ("ERROR_ADMIN", "Token URI is not valid."),
    "callback_without_secret": ("ERROR_ADMIN", "The authentication lacks its name or its secret."),
}
"""Code of a problem → code and words of the dialect."""

HINTS = {
    "missing": "must not be null",
    "string_too_short": "must not be empty",
}
"""Pydantic's word → hint of the dialect; else pydantic's own."""

LIMITS = frozenset({"greater_than_equal", "less_than_equal"})
"""Pydantic's words for a number that is too small or too large; the address has it as text."""

THEIRS = "Input should be "
"""What pydantic says before what must be."""

OURS = "Value error, "
"""What pydantic says before our own words."""

UNKNOWN = ("ERROR_GENERIC", "Unknown error occurred.")


def dress(error: Exception) -> ResponseReturnValue:
    """Answer any failure below this façade's address."""
    match error:
        case NotValid():
            return _invalid(error.violations), error.status
        case Problem(status=HTTPStatus.BAD_REQUEST):
            log.info(error.code, detail=error.detail)
            return _error(*_words(error)), error.status
        case Problem(status=HTTPStatus.INTERNAL_SERVER_ERROR):
            log.error("unexpected", exc_info=error)
            return _error(*UNKNOWN), error.status
        case Problem():
            log.info(error.code, detail=error.detail)
            return _by_status(error.status), error.status, _headers(error)
        case HTTPException():
            status = HTTPStatus(error.code or 500)
            headers = {k: v for k, v in error.get_headers() if k == "Allow"}
            return _by_status(status), status, headers
        case _:
            log.error("unexpected", exc_info=error)
            return _error(*UNKNOWN), HTTPStatus.INTERNAL_SERVER_ERROR


def _words(problem: Problem) -> tuple[str, str]:
    if isinstance(problem, ApplicationNotFound) and not request.path.startswith(ADMIN):
        return "ERROR_REGISTRATION", NO_APPLICATION
    if problem.code == NotConfigured.code and request.path.startswith(ADMIN):
        return "ERROR_ADMIN", "Template was not found."
    if isinstance(problem, UnknownSetting):
        act = "remove" if request.method == "DELETE" else "create"
        return "ERROR_ADMIN", BAD_KEY.format(act=act, key=problem.key)
    if problem.code == BadRequest.code and problem.detail:
        return "ERROR_REQUEST", f"Invalid request: {problem.detail}."
    return MESSAGES.get(problem.code, MESSAGES["bad_request"])


def _by_status(status: HTTPStatus) -> dict[str, object]:
    match status:
        case HTTPStatus.NOT_FOUND:
            return _error("ERROR_NOT_FOUND", "Resource was not found.")
        case (
            HTTPStatus.UNAUTHORIZED
            | HTTPStatus.FORBIDDEN
            | HTTPStatus.TOO_MANY_REQUESTS
            | HTTPStatus.SERVICE_UNAVAILABLE
        ):
            return _error(f"HTTP_{status.value}", status.phrase)
        case _:
            return _error("ERROR_REQUEST", f"{status.phrase}.")


def _headers(problem: Problem) -> dict[str, str]:
    if isinstance(problem, NotAuthenticated):
        return {"WWW-Authenticate": 'Basic realm="cloud", charset="UTF-8"'}
    return {"Retry-After": "2"} if problem.status is HTTPStatus.SERVICE_UNAVAILABLE else {}


def _invalid(violations: Sequence[Violation]) -> dict[str, object]:
    first = violations[0]
    message = "Invalid method parameter value"
    if first.kind == "missing":
        name = first.field.rpartition(".")[2]
        message = f"Required String parameter '{name}' is not present"
    elif first.kind in LIMITS and isinstance(first.given, str):
        name = first.field.rpartition(".")[2]
        message = f"Required Long parameter '{name}' is invalid"
    body = {"code": "ERROR_REQUEST", "message": message, "violations": list(map(_said, violations))}
    return {"status": "ERROR", "responseObject": body}


def _said(violation: Violation) -> dict[str, object]:
    given, kind = violation.given, violation.kind
    is_null = violation.is_null and kind.endswith("_type")
    hint = "must not be null" if is_null else HINTS.get(kind, violation.hint)
    hint = hint.removeprefix(OURS)
    if hint.startswith(THEIRS):
        hint = f"must be {hint.removeprefix(THEIRS)}"
    said: dict[str, object] = {"fieldName": violation.field, "hint": hint}
    if given in (None, ""):
        return said
    return {**said, "invalidValue": _number(given) if kind in LIMITS else given}


def _number(given: object) -> object:
    try:
        return int(str(given))
    except ValueError:  # as `7.0`
        return given


def _error(code: str, message: str) -> dict[str, object]:
    return {"status": "ERROR", "responseObject": {"code": code, "message": message}}
