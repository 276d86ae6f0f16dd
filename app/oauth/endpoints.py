"""Addresses of the provider that programs call: JSON in answer, whatever happens."""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType

import structlog
from authlib.oauth2 import OAuth2Error
from flask import Blueprint, Response, g, jsonify, request
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

PREFLIGHT_SECONDS = 600
"""How long a browser may remember what it may send."""

OPEN: Mapping[str, str] = MappingProxyType(
    {
        "/oauth2/token": "POST",
        "/oauth2/revoke": "POST",
        "/oauth2/userinfo": "GET, POST",
        "/oauth2/jwks": "GET",
        "/.well-known/openid-configuration": "GET",
        "/.well-known/oauth-authorization-server": "GET",
    }
)
"""Addresses that a client in a browser calls from its own page, and the methods there."""

ADDRESSES = (*OPEN, "/oauth2/introspect", "/api/secure/profile")
"""Where every failure is answered in the words of OAuth, whatever failed."""

SERVER_ERROR = HTTPStatus.INTERNAL_SERVER_ERROR

bp = Blueprint("oauth_api", __name__)


@bp.post("/oauth2/token")
def token() -> ResponseReturnValue:
    """Exchange a code, or a refresh token, for tokens."""
    answer: Response = provider().server.create_token_response(form_request())
    return answer


@bp.post("/oauth2/introspect")
def introspect() -> ResponseReturnValue:
    """Tell a client how a token of its own stands."""
    answer: Response = provider().server.create_endpoint_response("introspection", form_request())
    return answer


@bp.post("/oauth2/revoke")
def revoke() -> ResponseReturnValue:
    """Take back a token of the client's own."""
    answer: Response = provider().server.create_endpoint_response("revocation", form_request())
    return answer


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


@bp.after_request
def open_to_pages(response: Response) -> Response:
    """Let pages of every origin call what is open to them; no cookie counts here (CORS)."""
    methods = OPEN.get(request.path)
    if methods is None:
        return response
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "Retry-After, WWW-Authenticate"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = methods
        response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
        response.headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
    return response


@bp.errorhandler(Exception)
def dress(error: Exception) -> ResponseReturnValue:
    """Answer every failure in the words of OAuth; only ours, never those of the failure."""
    if isinstance(error, OAuth2Error):
        return provider().server.handle_error_response(None, error)
    g.failed = True  # whatever was begun is not to be committed
    match error:
        case Problem(status=HTTPStatus.SERVICE_UNAVAILABLE as status):
            return jsonify(error="temporarily_unavailable"), status, {"Retry-After": "2"}
        case HTTPException(code=HTTPStatus.TOO_MANY_REQUESTS as status):
            return jsonify(error="temporarily_unavailable"), status
        case HTTPException(code=int(status)) if status < SERVER_ERROR:
            allowed = [each for each in error.get_headers() if each[0] == "Allow"]
            return jsonify(error="invalid_request"), status, allowed
        case Problem(status=status) if status < SERVER_ERROR:
            return jsonify(error="invalid_request"), status
        case _:
            log.error("unexpected", exc_info=error)
            return jsonify(error="server_error"), SERVER_ERROR


def _bearer(scope: str | None = None) -> Token:
    token = provider().protector.token(scope)
    services().commit()  # the bank is asked next, and no transaction waits for it
    return token


def _public(response: Response) -> Response:
    """Let everybody keep it for a while."""
    response.headers["Cache-Control"] = f"public, max-age={PUBLIC_SECONDS}"
    return response
