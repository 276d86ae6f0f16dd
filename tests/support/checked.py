"""A client that looks into the documents: no façade answers otherwise than it says."""

import re
from functools import cache
from typing import Any

import jsonschema_rs
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.references import FACADES, Document, Facade

ELSEWHERE = {404, 405}
"""What is answered where no call is."""

_documents: dict[str, Document] = {}
_validators: dict[tuple[object, ...], Any] = {}
"""Facade, method, call, status and media type → what judges such answers."""


class CheckedClient(FlaskClient):
    """Compares every answer of a façade, and every request that was taken, with its document."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Make a request."""
        response = super().open(*args, **kwargs)
        for facade in FACADES:
            if response.request.path.startswith(f"{facade.prefix}/"):
                _check(self.application, facade, response)
        return response


def _check(app: Flask, facade: Facade, response: TestResponse) -> None:
    path, method = response.request.path.rstrip("/"), response.request.method.lower()
    if path.endswith(("/v3/api-docs", "/openapi.json")) or "/swagger-ui" in path:
        return
    document = _document(app, facade)
    paths = document["paths"]
    fitting = [calls for known, calls in paths.items() if _pattern(known).fullmatch(path)]
    if path in paths:  # `/users/enroll` looks like `/users/{id}`, too
        fitting = [paths[path]]
    call = next((calls[method] for calls in fitting if method in calls), None)
    where = f"{method} {path}: {response.status}"
    if call is None:
        assert response.status_code in ELSEWHERE or method not in ("get", "post"), where
        return
    if response.status_code == 500:  # what a test provokes
        return
    assert str(response.status_code) in call["responses"], where
    told = call["responses"][str(response.status_code)]
    if "content" not in told:  # no JSON
        assert response.mimetype != "application/json", where
        return
    assert response.mimetype in told["content"], where
    key = (facade.name, method, call["operationId"], response.status_code, response.mimetype)
    if key not in _validators:
        schema = told["content"][response.mimetype]["schema"]
        whole = {**schema, "components": document["components"]}
        _validators[key] = jsonschema_rs.Draft202012Validator(whole)
    found = _validators[key].iter_errors(response.json)
    faults = [f"{error.instance_path}: {error.message}" for error in found]
    assert not faults, f"{where}: {faults}"


def _document(app: Flask, facade: Facade) -> Document:
    if facade.name not in _documents:
        document = facade.document(app)
        for schema in document["components"]["schemas"].values():
            if "properties" in schema:
                schema.setdefault("additionalProperties", False)
        _documents[facade.name] = document
    return _documents[facade.name]


@cache
def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{\w+\\\}", "[^/]*", re.escape(path)))
