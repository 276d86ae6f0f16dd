"""Testers' pages, registered in the demo profile only."""

from datetime import UTC, timedelta

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import validate_csrf
from pydantic import TypeAdapter, ValidationError
from wtforms.validators import ValidationError as WrongToken  # type: ignore[import-untyped]

from app import clock
from app.errors import BadRequest
from app.services import services
from app.web.guard import refuse_foreign_posts

bp = Blueprint("testers", __name__, url_prefix="/demo")
bp.before_request(refuse_foreign_posts)

FURTHEST = timedelta(days=366)


@bp.get("/")
def index() -> ResponseReturnValue:
    """List the testers' pages, the clock and who is blocked."""
    return render_template(
        "demo/index.html",
        now=clock.now(),
        offset=services().testers.clock_offset(),
        blocks=services().lockout.blocks(),
    )


@bp.get("/sms")
def sms() -> ResponseReturnValue:
    """Show the text messages that the demo channel kept, newest first."""
    return render_template("demo/sms.html", messages=services().testers.messages())


@bp.get("/sms.json")
def sms_json() -> ResponseReturnValue:
    """Give the same to programs: `to`, `text`, `operationId`, `timestamp` (ISO 8601, UTC)."""
    return jsonify(
        [
            {
                "to": message.to,
                "text": message.text,
                "operationId": message.operation_id,
                "timestamp": message.timestamp.astimezone(UTC).isoformat(),
            }
            for message in services().testers.messages()
        ]
    )


@bp.get("/push")
def push() -> ResponseReturnValue:
    """Show the pushes that the demo channel kept, newest first."""
    return render_template("demo/push.html", messages=services().kept_pushes.messages())


@bp.get("/push.json")
def push_json() -> ResponseReturnValue:
    """Give the same to programs: what a device got, `operationId`, `timestamp` (ISO 8601, UTC)."""
    return jsonify(
        [
            {
                "registrationId": message.registration_id,
                "platform": message.platform,
                "token": message.token,
                "title": message.title,
                "text": message.text,
                "extras": message.extras,
                "operationId": message.operation_id,
                "timestamp": message.timestamp.astimezone(UTC).isoformat(),
            }
            for message in services().kept_pushes.messages()
        ]
    )


@bp.get("/clock")
def read_clock() -> ResponseReturnValue:
    """Say what the clock shows, and by how much it is moved: clients judge times by it."""
    return _clock(services().testers.clock_offset())


@bp.post("/clock")
def move_clock() -> ResponseReturnValue:
    """Move the clock: JSON `{"offset": "PT5M"}`, or the form of the index page."""
    if not request.is_json:
        _check_form()
    try:
        given = request.get_json(silent=True) if request.is_json else request.form
        offset = TypeAdapter(timedelta).validate_python((given or {}).get("offset"))
    except (ValidationError, AttributeError, OverflowError, RecursionError):
        raise BadRequest("offset is an ISO 8601 duration, e.g. PT5M") from None
    if abs(offset) > FURTHEST:
        raise BadRequest("the clock moves a year at most")
    services().testers.move_clock(offset)
    services().commit()
    clock.shift(offset)
    if request.is_json:
        return _clock(offset)
    return redirect(url_for("testers.index"), 303)


def _clock(offset: timedelta) -> ResponseReturnValue:
    return jsonify({"offset": offset.total_seconds(), "now": clock.now().isoformat()})


@bp.post("/blocks/lift")
def lift_block() -> ResponseReturnValue:
    """Unblock a user."""
    _check_form()
    services().lockout.lift(request.form.get("organization", ""), request.form.get("username", ""))
    return redirect(url_for("testers.index"), 303)


def _check_form() -> None:
    """Check the token of a form; a JSON body needs none, for no other site can send one."""
    try:
        validate_csrf(request.form.get("csrf_token"))
    except WrongToken:
        raise BadRequest("the form is out of date") from None
