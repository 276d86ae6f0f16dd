"""What one running demo client is made of, and which browser is asking it."""

import secrets
from dataclasses import dataclass

from flask import current_app, render_template, session
from flask.typing import ResponseReturnValue

from app.demo.environment import Environment
from app.demo.memory import Memory
from app.demo.phone.shop import Shop
from app.demo.portal import Portal
from app.demo.session import Visits

EXTENSION = "webflow_demo"


@dataclass(frozen=True)
class Parts:
    """The parts of a running client."""

    environment: Environment
    portal: Portal
    visits: Visits
    shop: Shop
    """The demo phones, which all browsers see: as on a table."""
    memory: Memory


def parts() -> Parts:
    """Return the parts of the client that answers now."""
    found: Parts = current_app.extensions[EXTENSION]
    return found


def visit_id() -> str:
    """Return the id of the asking browser; the cookie carries nothing else but a CSRF token."""
    if "visit" not in session:
        session["visit"] = secrets.token_urlsafe(24)
    return str(session["visit"])


def message(title: str, words: str, *, status: int, result_id: str = "") -> ResponseReturnValue:
    """Answer with a page that says one thing and how to go on."""
    return render_template("message.html", title=title, words=words, result_id=result_id), status
