"""App links on the phone: what one is for, then what it asks, then the answer."""

from collections.abc import Callable
from http import HTTPStatus

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from app.demo.phone.authenticator.app import DEVICE, Enrollment
from app.demo.phone.authenticator.links import read_link
from app.demo.phone.authenticator.requests import Request
from app.demo.phone.operations import REASONS
from app.demo.phone.troubles import Trouble
from app.demo.screen.accounts import authenticator, listed, to_accounts
from app.demo.screen.kit import bp, complain
from app.demo.screen.pairing import USUAL_PIN


@bp.get("/link")
def link() -> ResponseReturnValue:
    """Say what a link is for; looking at it does not use it up."""
    given = request.args.get("link", "")
    try:
        found = read_link(given)
    except Trouble as trouble:
        return listed(given, trouble), HTTPStatus.UNPROCESSABLE_ENTITY
    return render_template("phone/link.html", link=found)


@bp.post("/link")
def open_link() -> ResponseReturnValue:
    """Use a link up, and show what it leads to; a second click shows the same."""
    given = request.form.get("link", "")
    try:
        return _to(authenticator().open(given).id)
    except Trouble as trouble:
        return listed(given, trouble), HTTPStatus.UNPROCESSABLE_ENTITY


@bp.get("/requests/<request_id>")
def asked(request_id: str) -> ResponseReturnValue:
    """Show what is asked for, or what became of it."""
    try:
        found = authenticator().requests.find(request_id)
    except Trouble as trouble:
        complain(trouble)
        return to_accounts()
    return render_template(
        "phone/request.html",
        asked=found,
        able=authenticator().able(found),
        message=Markup(found.message.safe_html),  # noqa: S704 - made safe there
        pin=USUAL_PIN,
        device=DEVICE,
    )


@bp.post("/requests/<request_id>/enroll")
def enroll(request_id: str) -> ResponseReturnValue:
    """Add the account."""

    def do(_: Request) -> str:
        given = request.form
        added = authenticator().enroll(
            request_id,
            Enrollment(
                pin=given.get("pin", ""),
                name=given.get("name", ""),
                device=given.get("device", ""),
                biometry=given.get("finger") == "yes",
                by_finger=_factor() == "biometry",
            ),
        )
        return f"{added.name} is added."

    return _answering(request_id, do)


@bp.post("/requests/<request_id>/approve")
def approve_request(request_id: str) -> ResponseReturnValue:
    """Approve by the account that was chosen, or the only one."""

    def do(found: Request) -> str:
        able = authenticator().able(found)
        chosen = [each for each in able if each.id == request.form.get("account")] or able
        if len(chosen) != 1:
            raise Trouble("Choose the account that approves.")
        by_finger, pin = _factor() == "biometry", request.form.get("pin", "")
        if not (by_finger or pin):
            raise Trouble("Type the PIN of this account.", "Or use the fingerprint.")
        authenticator().approve(request_id, chosen[0].id, None if by_finger else pin)
        return "Approved. The page in the browser goes on by itself."

    return _answering(request_id, do)


@bp.post("/requests/<request_id>/reject")
def reject_request(request_id: str) -> ResponseReturnValue:
    """Reject what is asked for."""

    def do(_: Request) -> str:
        reason = request.form.get("reason", "")
        authenticator().reject(request_id, reason if reason in REASONS else "UNKNOWN")
        return "Rejected. Nothing was approved."

    return _answering(request_id, do)


def _answering(request_id: str, do: Callable[[Request], str]) -> ResponseReturnValue:
    """Answer a request, then show it with what came of that."""
    try:
        flash(do(authenticator().requests.find(request_id)), "ok")
    except Trouble as trouble:
        complain(trouble)
    return _to(request_id)


def _factor() -> str:
    factor = request.form.get("factor", "")
    if factor not in {"knowledge", "biometry"}:
        raise Trouble("Press one of the buttons.")
    return factor


def _to(request_id: str) -> ResponseReturnValue:
    return redirect(url_for("phone.asked", request_id=request_id), HTTPStatus.SEE_OTHER)
