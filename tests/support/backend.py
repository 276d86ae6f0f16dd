"""A bank's back end that speaks Next Step over HTTP."""

from collections.abc import Mapping
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from tests.support.walker import PAYMENT

PREFIX = "/powerauth-nextstep"
LOGIN = {"operationName": "login_sca", "operationData": "A2"}

PUTS = (
    "/operation", "/operation/user", "/operation/formData", "/operation/chosenAuthMethod",
    "/operation/application", "/operation/mobileToken/status", "/operation/config",
    "/auth-method", "/organization", "/application",
)  # fmt: skip
"""Addresses of a PUT; the twin of each is a POST to `…/update`."""

LISTS = (
    "/step/definition", "/operation/config", "/auth-method", "/organization", "/application",
    "/user/operation",
)  # fmt: skip
"""Addresses of a GET whose twin is a POST to `…/list`."""

DETAILS = (
    "/operation/detail", "/operation/config/detail", "/operation/auth-method/config/detail",
    "/organization/detail", "/operation/mobileToken/config/detail",
)  # fmt: skip
"""Addresses of a GET whose twin is a POST to the same address."""


class BackEnd:
    """Makes calls; with `twins` every one by POST."""

    def __init__(
        self, app: Flask, *, headers: Mapping[str, str] | None = None, twins: bool = False
    ) -> None:
        self._client = app.test_client()
        self._headers = dict(headers or {})
        self._twins = twins

    def ask(self, method: str, path: str, **wanted: object) -> TestResponse:
        """Make a call, whatever comes back."""
        if self._twins and method != "POST":
            suffix = "/update" if method == "PUT" else "/list" if path in LISTS else ""
            method, path = "POST", path + suffix
        if method == "GET":
            return self._client.get(PREFIX + path, query_string=wanted, headers=self._headers)
        body = {"requestObject": wanted}
        return self._client.open(PREFIX + path, method=method, json=body, headers=self._headers)

    def __call__(self, method: str, path: str, **wanted: object) -> Any:
        """Make a call that succeeds; return what the envelope holds."""
        answer = self.ask(method, path, **wanted)
        assert answer.status_code == 200, answer.text
        assert answer.json is not None
        assert answer.json["status"] == "OK"
        return answer.json.get("responseObject")

    def refused(self, method: str, path: str, **wanted: object) -> str:
        """Make a call that is refused as a bad one; return the code."""
        answer = self.ask(method, path, **wanted)
        assert answer.status_code == 400, answer.text
        assert answer.json is not None
        assert answer.json["status"] == "ERROR"
        return str(answer.json["responseObject"]["code"])

    def login(self, name: str = "login_sca", **more: object) -> str:
        """Prepare a login; return its id."""
        wanted = {**LOGIN, "operationName": name, **more}
        return str(self("POST", "/operation", **wanted)["operationId"])

    def payment(self, name: str = "authorize_payment_sca", **more: object) -> str:
        """Prepare a payment; return its id."""
        wanted = {**PAYMENT, "operationName": name, **more}
        return str(self("POST", "/operation", **wanted)["operationId"])

    def update(self, operation: str, step: str, result: str, **more: object) -> Any:
        """Say how a step ended."""
        wanted = {"operationId": operation, "authMethod": step, "authStepResult": result, **more}
        return self("PUT", "/operation", **wanted)

    def update_refused(self, operation: str, step: str, result: str, **more: object) -> str:
        """Say how a step ended, in vain."""
        wanted = {"operationId": operation, "authMethod": step, "authStepResult": result, **more}
        return self.refused("PUT", "/operation", **wanted)

    def detail(self, operation: str) -> Any:
        """Return an operation with its history."""
        return self("GET", "/operation/detail", operationId=operation)


def steps(answer: Mapping[str, Any]) -> list[str]:
    """Return the steps on offer."""
    return [step["authMethod"] for step in answer["steps"]]


def history(answer: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return step, what was said of it and what followed, in order."""
    return [
        (entry["authMethod"], entry["requestAuthStepResult"], entry["authResult"])
        for entry in answer["history"]
    ]
