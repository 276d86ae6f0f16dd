"""Addresses of the provider that browsers visit: authorize and resume."""

from authlib.oauth2 import OAuth2Error
from flask import Blueprint, abort, redirect, request
from flask.typing import ResponseReturnValue

from app import texts
from app.oauth import handover
from app.oauth.errors import AuthorizationRequestRefused
from app.oauth.provider import provider
from app.oauth.requests import FORM, authorization_request
from app.services import services

bp = Blueprint("oauth", __name__)


@bp.before_request
def refuse_head() -> None:
    """Refuse HEAD, which Flask adds to GET: it would start a flow, or use up the one answer."""
    if request.method == "HEAD":
        abort(405, valid_methods=["GET", "POST"])


@bp.route("/oauth2/authorize", methods=["GET", "POST"])
def authorize() -> ResponseReturnValue:
    """Check a third party's request and start its flow."""
    if request.method == "POST" and (request.query_string or request.mimetype != FORM):
        raise AuthorizationRequestRefused("a posted request is one form and no query")
    server, asked = provider().server, authorization_request()
    try:
        server.get_consent_grant(asked)
        services().begin_writing()
        page = handover.start(asked, language=_language(asked.payload.data.get("ui_locales", "")))
    except OAuth2Error as error:
        if error.redirect_uri is None:
            raise AuthorizationRequestRefused from error
        return server.handle_error_response(asked, error)
    return redirect(page, 303)


@bp.get("/oauth2/resume/<request_id>")
def resume(request_id: str) -> ResponseReturnValue:
    """Take a browser back from its flow and send it to the third party."""
    return handover.resume(provider().server, request_id)


def _language(ui_locales: str) -> str:
    """Return the first language that the client asks for and we offer, else the browser's."""
    offered = services().settings.web.languages
    if asked := texts.best(ui_locales.split(), offered):
        provider().prefer(asked)
        return asked
    of_browser = (tag for tag, quality in request.accept_languages if quality)
    return texts.best(of_browser, offered) or offered[0]
