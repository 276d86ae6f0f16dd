"""The OpenAPI document of the second façade, as a reader of one instance sees it."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from flask import g
from spectree import Response

from app.api.kit import Schema
from app.api.nevis.schemas import ErrorsAnswer
from app.api.openapi import new_document

PREFIX: Final = "/nevis"
OF_ANY: Final = PREFIX + "/{instance}"
MULTIPART, FORM = "multipart/form-data", "application/x-www-form-urlencoded"
REFUSALS: Final = (400, 401, 403, 404, 409, 413, 415, 422, 429, 503)

document = new_document(
    title="Second façade",
    description=(
        "The API in the style of Nevis Authentication Cloud: a bank's back ends enrol users' apps, "
        "passkeys and telephone numbers, and ask for approvals. An instance is one application; "
        "what belongs to another one is not there."
    ),
    version="1",
    schemes=("bearer",),
    security=[{"bearer": []}],
    refusal=ErrorsAnswer,
)


def answers_of(answers: type[Schema] | None, status: int) -> Response:
    """Return what a call may answer."""
    refusals = {f"HTTP_{code}": (ErrorsAnswer, HTTPStatus(code).phrase) for code in REFUSALS}
    return Response(**{f"HTTP_{status}": answers}, **refusals)


def of_instance(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the document with the addresses of the reader's instance, which it can be tried at."""
    here = f"{PREFIX}/{quote(g.instance, safe='')}"
    paths = {
        path.replace(OF_ANY, here, 1): {method: _call(made) for method, made in calls.items()}
        for path, calls in spec["paths"].items()
    }
    return {**spec, "paths": paths}


def _call(made: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a call without the name of the instance, and with forms as they are sent."""
    parameters = [each for each in made.get("parameters", ()) if each["name"] != "instance"]
    seen = {**made, "parameters": parameters}
    content = made.get("requestBody", {}).get("content", {})
    if MULTIPART in content:
        seen["requestBody"] = {**made["requestBody"], "content": {FORM: content[MULTIPART]}}
    return seen
