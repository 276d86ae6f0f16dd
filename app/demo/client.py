"""The demo client's application: its parts, its rules for every answer, its error pages."""

import secrets
from collections.abc import Callable
from os import environ

from flask import Flask, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from app.demo import callback, pages, passkeys, start
from app.demo.environment import Environment
from app.demo.memory import Memory
from app.demo.parts import EXTENSION, Parts, message
from app.demo.phone.shop import Shop
from app.demo.portal import Portal
from app.demo.screen import routes as screen
from app.demo.session import Visits

LARGEST_REQUEST_BYTES = 64 * 1024


def create_client(environment: Environment | None = None) -> Flask:
    """Build the demo client; without an argument it reads its environment variables."""
    environment = environment or Environment.read(environ)
    app = Flask("app.demo")
    app.config.update(
        # Made anew at each start: what the cookie names is gone by then, too.
        SECRET_KEY=secrets.token_bytes(32),
        SESSION_COOKIE_NAME="wfdemo_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=environment.is_secure,
        MAX_CONTENT_LENGTH=LARGEST_REQUEST_BYTES,
        WTF_CSRF_TIME_LIMIT=None,
        # Our pages send no referrer, so there is none to compare.
        WTF_CSRF_SSL_STRICT=False,
    )
    app.extensions[EXTENSION] = Parts(
        environment, Portal(environment), Visits(), Shop(environment.phones), Memory()
    )
    CSRFProtect(app)
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    pages.install(app)
    app.register_blueprint(start.bp)
    app.register_blueprint(callback.bp)
    app.register_blueprint(passkeys.bp)
    app.register_blueprint(screen.bp)
    app.add_url_rule("/healthz", view_func=healthz)
    script = app.extensions[EXTENSION].portal.fido2_client
    app.context_processor(lambda: {"portal": environment.portal, "fido2_client": script})
    app.after_request(_guard(environment))
    app.register_error_handler(CSRFError, form_too_old)
    app.register_error_handler(HTTPException, http_error)
    return app


def healthz() -> ResponseReturnValue:
    """Say that this process answers."""
    return "ok", {"Content-Type": "text/plain; charset=utf-8"}


def form_too_old(_: HTTPException) -> ResponseReturnValue:
    """Answer a form without a valid token: after a restart, or with cookies switched off."""
    words = (
        "The demo client was restarted since, or your browser keeps no cookies. Nothing was sent."
    )
    return message("This form is too old", words, status=400)


def http_error(error: HTTPException) -> ResponseReturnValue:
    """Answer whatever else cannot be answered, also our own failures."""
    status = error.code or 500
    return message(f"{status} {error.name}", error.description or "", status=status)


def _guard(environment: Environment) -> Callable[[Response], Response]:
    # The portal stands in form-action because browsers also judge where a form is redirected.
    policy = (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
        f"frame-ancestors 'none'; form-action 'self' {environment.portal_origin}; "
    )

    def guard(response: Response) -> Response:
        # Passkeys are made by the portal's script, which brings them to the portal.
        is_passkey = request.blueprint == passkeys.bp.name
        code = f"'self' {environment.portal_origin}" if is_passkey else "'self'"
        also = f"script-src {code}; connect-src {code}"
        response.headers["Content-Security-Policy"] = policy + also
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        if request.endpoint != "static":
            response.headers["Cache-Control"] = "no-store"
        return response

    return guard
