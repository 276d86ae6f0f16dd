"""Whether this process lives, and whether it can work."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def healthz() -> ResponseReturnValue:
    """Say that the process answers; touches nothing else."""
    return jsonify({"status": "UP"})
