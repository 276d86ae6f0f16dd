"""Testers' pages, registered in the demo profile only."""

from datetime import UTC

from flask import Blueprint, jsonify, render_template
from flask.typing import ResponseReturnValue

from app.services import services

bp = Blueprint("testers", __name__, url_prefix="/demo")


@bp.get("/")
def index() -> ResponseReturnValue:
    """List the testers' pages."""
    return render_template("demo/index.html")


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
