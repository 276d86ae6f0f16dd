"""Addresses of the provider that programs call: JSON in answer, whatever happens."""

from http import HTTPStatus

import structlog
from authlib.oauth2 import OAuth2Error
from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from app.errors import Problem
from app.oauth import resources
from app.oauth.keys import published_keys
from app.oauth.provider import provider
from app.oauth.requests import form_request
from app.services import services
from app.store.oauth import Token

log = structlog.get_logger("webflow.oauth")

PUBLIC_SECONDS = 300
"""How long metadata and keys may be kept; a new key is published before it signs."""

SERVER_ERROR = HTTPStatus.INTERNAL_SERVER_ERROR

bp = Blueprint("oauth_api", __name__)


@bp.post("/oauth2/token")
def token() -> ResponseReturnValue:
    """Exchange a code for tokens."""
    answer: Response = provider().server.create_token_response(form_request())
    return answer


@bp.post("/oauth2/introspect")
def introspect() -> ResponseReturnValue:
    """Tell a client how a token of its own stands."""
    answer: Response = provider().server.create_endpoint_response("introspection", form_request())
    return answer


@bp.route("/oauth2/token", methods=["GET", "PUT", "PATCH", "DELETE"])
@bp.route("/oauth2/introspect", methods=["GET", "PUT", "PATCH", "DELETE"])
def only_post() -> ResponseReturnValue:
    """Say that parameters come in a posted form."""
    body = jsonify(error="invalid_request", error_description="Use POST")
    return body, HTTPStatus.METHOD_NOT_ALLOWED, {"Allow": "POST"}


@bp.route("/oauth2/userinfo", methods=["GET", "POST"])
def userinfo() -> ResponseReturnValue:
    """Return the claims about the customer."""
    return jsonify(resources.userinfo(_bearer("openid")))


@bp.route("/api/secure/profile/me", methods=["GET", "POST"])
def profile() -> ResponseReturnValue:
    """Return the customer, the connection and the service."""
    settings = services().settings
    return jsonify(
        resources.profile(_bearer(), application=settings.bank.name, environment=settings.profile)
    )


@bp.route("/api/secure/profile/me/info", methods=["GET", "POST"])
def profile_info() -> ResponseReturnValue:
    """Return the customer."""
    return jsonify(resources.profile_info(_bearer()))


@bp.get("/oauth2/jwks")
def jwks() -> ResponseReturnValue:
    """Publish the keys that verify ID tokens."""
    return _public(jsonify(keys=published_keys()))


@bp.get("/.well-known/openid-configuration")
@bp.get("/.well-known/oauth-authorization-server")
def metadata() -> ResponseReturnValue:
    """Publish what the provider can do, and where."""
    return _public(jsonify(provider().metadata))


@bp.errorhandler(Exception)
def dress(error: Exception) -> ResponseReturnValue:
    """Answer every failure in the words of OAuth; only ours, never those of the failure."""
    if isinstance(error, OAuth2Error):
        return provider().server.handle_error_response(None, error)
    services().close()  # whatever was begun is not to be committed
    match error:
        case Problem(status=HTTPStatus.SERVICE_UNAVAILABLE as status):
            return jsonify(error="temporarily_unavailable"), status, {"Retry-After": "2"}
        case HTTPException(code=int(status)) | Problem(status=status) if status < SERVER_ERROR:
            return jsonify(error="invalid_request"), status
        case _:
            log.error("unexpected", exc_info=error)
            return jsonify(error="server_error"), SERVER_ERROR


def _bearer(scope: str | None = None) -> Token:
    token = provider().protector.token(scope)
    services().commit()  # the bank is asked next, and no transaction waits for it
    return token


def _public(response: Response) -> Response:
    """Let every origin read it, and keep it for a while."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cache-Control"] = f"public, max-age={PUBLIC_SECONDS}"
    return response
