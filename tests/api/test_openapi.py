"""The document of a façade is made when somebody first reads it."""

import json
import re
import sys

import pytest
from flask import Blueprint, Flask
from pydantic import create_model
from spectree import Response

from app.api.kit import Schema
from app.api.openapi import new_document, publish
from tests.support.threads import at_once

CALLS = 40


def facade():
    """Return a façade of many calls that nobody has asked for its document."""
    app, bp = Flask(__name__), Blueprint("facade", __name__, url_prefix="/facade")
    document = new_document(title="Façade", description="", version="1")
    publish(bp, document)
    for number in range(CALLS):
        inner = create_model(f"Inner{number}", __base__=Schema, name=(str, ...))
        outer = create_model(f"Outer{number}", __base__=Schema, inner=(inner, ...))
        documented = document.validate(resp=Response(HTTP_200=outer))(view)
        bp.add_url_rule(f"/call/{number}", endpoint=f"call{number}", view_func=documented)
    app.register_blueprint(bp)
    return app


def view():
    """Answer."""


@pytest.fixture
def busy():
    """Threads that give way to each other all the time."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize("_again", range(9))
def test_readers_who_come_first_at_once_all_get_it_whole(_again):
    app = facade()
    read = lambda: app.test_client().get("/facade/openapi.json").json  # noqa: E731
    for document in [*at_once(*[read] * 8), read()]:
        named = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)))
        assert len(document["paths"]) == CALLS
        assert named <= set(document["components"]["schemas"])
