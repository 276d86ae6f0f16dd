"""Requests that are made from a document, and what must be true of every answer.

Imports schemathesis, which takes a second: import this where it is used.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, CheckContext, GenerationMode, Response
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Err
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from tests.support.references import DEVICE, NEVIS, Facade
from tests.support.targets import Targets

BETWEEN_FIELDS: Final = (
    "userId or registrationId is needed",
    "userId or externalId is needed",
    "there is an otp, or it is NONE",
    "must be given for ",
    "must be left out for ",
    "unknown: ",  # attributes of a callback, by its type
    "params: ",  # of what a template shows, by its kind
    "must have each language once",
    "must be at most 16384 characters of JSON",
)
"""Hints at rules between fields, which no schema of one field can tell."""

GRAMMARS: Final = (
    *("operationData", "formData", "texts", "dataTemplate", "values"),
    *("retentionPeriod", "initialBackoff"),  # durations: a schema knows no limits of theirs
    *("privateKeyBase64", "authHeader"),  # files and headers of others
)
"""Fields with a language of their own, which the guides describe."""


OF_NEVIS: Final = {
    "request.invalid",  # rules between fields
    *("message.invalid", "message.html", "notificationMessage.invalid"),  # no text of people
    *("publicKey.missing", "authenticatorId.missing"),  # of apps, by what they were asked
    *("transaction.over", "authenticator.tooMany", "code.wrong"),  # a state, not a form
    *("phone.invalid", "name.invalid", "timespan.invalid"),  # with a grammar of their own
    *("fromDate.invalid", "toDate.invalid"),
}
"""Codes at which a request is refused that the document of the second façade allows."""

NOT_THERE: Final = "/token/remove"
"""Where phones are told the same of what is wrong and of what is not there."""

EDGES: Final = 3
"""Of the edges of a schema, for each example that is drawn beside them."""


@dataclass(frozen=True)
class Fuzz:
    """Asks everything that a façade documents."""

    facade: Facade
    app: Flask
    examples: int
    """Of each kind, for each call."""

    def run(self) -> int:
        """Ask; raise at the first answer that is not documented. Return how much was asked."""
        targets = Targets(self.app, self.facade)
        path = f"{self.facade.prefix}/v3/api-docs"
        schema = schemathesis.openapi.from_wsgi(path, targets.wsgi)
        schema.config.generation.allow_x00 = False  # no text may hold it, and no schema says so
        schema.config.generation.with_security_parameters = False  # callers are known, or phones
        asked = 0
        for found in schema.get_all_operations():
            if isinstance(found, Err):
                raise found.err()  # the document has a fault
            operation: Any = found.ok()
            known = targets.names()
            for case in self._cases(operation):
                for each in (case, at_home(case, known)):
                    if each is not None:
                        self._ask(each)
                        asked += 1
        return asked

    def _ask(self, case: Case[Any]) -> None:
        headers = self.facade.headers(self.app, case.operation.path)
        case.call_and_validate(
            checks=[
                not_a_server_error,
                status_code_conformance,
                content_type_conformance,
                response_schema_conformance,
                negative_data_rejection,
                unsupported_method,
                *([] if self.facade is DEVICE else [ignored_auth]),  # a phone proves all of its own
                self._what_is_valid_is_not_refused,
            ],
            headers=headers,
        )

    def _what_is_valid_is_not_refused(
        self, _ctx: CheckContext, response: Response, case: Case[Any]
    ) -> None:
        if case.meta is not None and not case.meta.generation.mode.is_positive:
            return
        if self.facade is NEVIS:
            if response.status_code in (400, 422):
                codes = {each["code"] for each in response.json()["errors"]}
                assert codes <= OF_NEVIS, codes
            return
        if response.status_code == 400:
            told = response.json()["responseObject"]
            assert list(faults(told)) == []
            if self.facade is DEVICE and not response.request.path_url.endswith(NOT_THERE):
                assert told["code"] != "INVALID_REQUEST"

    def _cases(self, operation: Any) -> Iterator[Case[Any]]:
        """Yield the edges of the schema, then what comes to mind, valid and not."""
        modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
        edges = operation.schema.iter_coverage_cases(
            operation,
            generation_modes=modes,
            generation_config=operation.schema.config.generation_for(operation=operation),
        )
        yield from sample(list(edges), EDGES * self.examples)
        for mode in modes:
            yield from drawn(operation.as_strategy(generation_mode=mode), self.examples)


def sample(cases: Sequence[Case[Any]], most: int) -> Sequence[Case[Any]]:
    """Return so many of them, from everywhere, always the same."""
    return cases[:: -(-len(cases) // most)] if cases else []


def drawn(strategy: Any, number: int) -> list[Case[Any]]:
    """Draw so many examples, always the same."""
    found: list[Case[Any]] = []

    @given(strategy)
    @settings(
        max_examples=number,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def draw(case: Case[Any]) -> None:
        found.append(case)

    with suppress(Unsatisfiable):  # nothing about such a call could be wrong
        draw()
    return found


def faults(told: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield what a refusal holds against single fields of a request."""
    for violation in told.get("violations", []):
        field, hint = violation["fieldName"], violation["hint"]
        if not hint.startswith(BETWEEN_FIELDS) and field.partition(".")[0] not in GRAMMARS:
            yield violation


def at_home(case: Case[Any], known: Mapping[str, str]) -> Case[Any] | None:
    """Return a valid request that is about what there is, or None if it names nothing."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return None
    path = {name: known.get(name, value) for name, value in (case.path_parameters or {}).items()}
    query = {name: known.get(name, value) for name, value in (case.query or {}).items()}
    body = _named(case.body, known)
    if (path, query, body) == (case.path_parameters or {}, case.query or {}, case.body):
        return None
    made: Case[Any] = case.operation.Case(
        method=case.method,
        path_parameters=path,
        query=query,
        body=body,
        media_type=case.media_type,
    )
    return made


def _named(body: object, known: Mapping[str, str]) -> object:
    if not isinstance(body, dict):
        return body
    if isinstance(body.get("requestObject"), dict):
        return {**body, "requestObject": _named(body["requestObject"], known)}
    return {name: known.get(name, value) for name, value in body.items()}
