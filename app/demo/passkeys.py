"""A bank's page on which a customer gets a passkey: the portal asks for it from then on."""

from http import HTTPStatus

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.demo.forms import clean
from app.demo.parts import parts, visit_id
from app.demo.portal import PortalProblem, PortalRefused

SHORTEST, LONGEST = 4, 256
TOO_SHORT = "Write a login number of 4 or more characters, as on the portal's page."
HINTS = {
    403: "Set WEBFLOW_DEMO_ACCESS_KEY to a key of the portal: flask access-keys create.",
    404: "The portal does not serve the second façade: add nevis to WEBFLOW_SURFACES.",
}

bp = Blueprint("passkeys", __name__, url_prefix="/passkey")


@bp.get("/")
def index() -> ResponseReturnValue:
    """Ask whose passkey it is to be."""
    visit_id()
    return _page()


@bp.post("/")
def begin() -> ResponseReturnValue:
    """Begin an enrolment, server to server; the browser then makes the passkey."""
    username = clean(request.form.get("username", "")).replace("\n", " ")
    if not SHORTEST <= len(username) <= LONGEST:
        return _page(username, fault=TOO_SHORT, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    wanted = {"username": username, "displayName": username[:16], "channel": "fido2"}
    try:
        enrollment = parts().portal.post_with_key("/api/v1/users/enroll", wanted)["enrollment"]
    except PortalRefused as refused:
        refused.hint = HINTS.get(refused.status, "")
        if refused.status == HTTPStatus.UNPROCESSABLE_ENTITY:
            return _page(username, fault=refused.said, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        return _page(username, problem=refused, status=HTTPStatus.BAD_GATEWAY)
    except PortalProblem as problem:
        return _page(username, problem=problem, status=HTTPStatus.BAD_GATEWAY)
    return render_template("passkey.html", username=username, enrollment=enrollment, fault="")


def _page(
    username: str = "",
    *,
    fault: str = "",
    problem: PortalProblem | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> ResponseReturnValue:
    page = render_template("passkey.html", username=username, fault=fault, problem=problem)
    return page, status
