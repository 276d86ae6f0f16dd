"""Errors in the dialect of phones: a code, and nothing about what exists."""

from http import HTTPStatus

import structlog
from flask import request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from app.errors import NotAuthenticated, NotSupported, Problem

log = structlog.get_logger("webflow.device")

MESSAGES = {
    "bad_request": ("INVALID_REQUEST", "Invalid request."),
    "request_validation_failed": ("INVALID_REQUEST", "Invalid request."),
    "activation_refused": ("ERR_ACTIVATION", "Activation failed."),
    "encryption_refused": ("ERR_ENCRYPTION", "Encryption failed."),
    "temporary_key_refused": ("ERR_TEMPORARY_KEY", "No temporary key."),
    "vault_refused": ("ERR_SECURE_VAULT", "The vault stays closed."),
    "inbox_message_not_found": ("INBOX_FAILED", "Unable to process inbox request."),
    "push_registration_failed": ("PUSH_REGISTRATION_FAILED", "Push registration failed."),
}
"""Code of a problem → code and words of the dialect."""

UNSUPPORTED = {
    "upgrade": ("ERR_UPGRADE", "There is nothing to upgrade."),
    "recovery": ("ERR_RECOVERY", "Recovery codes are not supported."),
}
UNKNOWN = ("ERROR_GENERIC", "Unknown error occurred.")
PROTOCOL = "/enrollment-server/pa/"


def dress(error: Exception) -> ResponseReturnValue:
    """Answer any failure below this façade's address."""
    match error:
        case NotAuthenticated():
            log.info("not_authenticated", detail=error.detail)
            is_protocol = request.path.startswith(PROTOCOL)
            code = "ERR_AUTHENTICATION" if is_protocol else "POWERAUTH_AUTH_FAIL"
            return _error(code, "Signature validation failed."), HTTPStatus.UNAUTHORIZED
        case NotSupported():
            return _error(*UNSUPPORTED[error.thing]), error.status
        case Problem():
            log.info(error.code, detail=error.detail)
            return _error(*MESSAGES.get(error.code, UNKNOWN)), error.status
        case HTTPException(code=404):
            return _error("ERROR_NOT_FOUND", "Resource not found."), HTTPStatus.NOT_FOUND
        case HTTPException():
            status = HTTPStatus(error.code or 500)
            headers = {k: v for k, v in error.get_headers() if k == "Allow"}
            return _error("INVALID_REQUEST", status.phrase + "."), status, headers
        case _:
            log.error("unexpected", exc_info=error)
            return _error(*UNKNOWN), HTTPStatus.INTERNAL_SERVER_ERROR


def _error(code: str, message: str) -> dict[str, object]:
    return {"status": "ERROR", "responseObject": {"code": code, "message": message}}
