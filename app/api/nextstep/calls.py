"""A call of Next Step: its addresses, its envelope, who may make it, and its documentation."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from flask import Blueprint, g, request
from flask.typing import ResponseReturnValue
from spectree import Response, Tag

from app.api.kit import Schema, authorization, json_object, parse, parse_json, query
from app.api.openapi import (
    ErrorAnswer,
    PlainAnswer,
    answer_of,
    body_of,
    camel,
    is_public,
    new_document,
    publish,
)
from app.errors import BadRequest, NotAllowed, NotAuthenticated
from app.mtoken.access import Caller
from app.services import services

PREFIX = "/powerauth-nextstep"

bp = Blueprint("nextstep", __name__, url_prefix=PREFIX)

AskT = TypeVar("AskT", bound=Schema)
Answer = Schema | Sequence[Schema] | None
Handler = Callable[[AskT], Answer]

document = new_document(
    title="Next Step",
    description=(
        "The API by which a bank's back ends prepare, follow and steer operations, and by which "
        "its operators configure them. Every call that changes something, or reads by GET, has a "
        "twin that is a POST, for gateways that pass nothing else."
    ),
    version="3",
    schemes=("basic", "bearer"),
    security=[{}, {"basic": []}, {"bearer": []}],
)
publish(bp, document)


def call(  # noqa: PLR0913 - what a call consists of
    *ways: str,
    asks: type[AskT],
    answers: type[Schema] | None,
    about: str,
    refuses: str = "",
    many: bool = False,
    for_operators: bool = False,
) -> Callable[[Handler[AskT]], Handler[AskT]]:
    """Let a function answer at some addresses, e.g. `PUT /operation`, `POST /operation/update`.

    `asks` is read from the query of a GET and from the envelope of anything else; `answers`
    is what comes back, a list of them with `many`. `refuses` names the codes of the dialect.
    """

    def register(handler: Handler[AskT]) -> Handler[AskT]:
        for number, way in enumerate(ways):
            method, _, path = way.partition(" ")
            name = handler.__name__ + ("_by_post" if number else "")

            def view(by_query: bool = method == "GET") -> ResponseReturnValue:  # noqa: FBT001 - which of the two twins
                if for_operators and not caller().is_admin:
                    raise NotAllowed("operators only", caller=caller().name)
                wanted = parse(query(request), asks) if by_query else parse_json(enveloped(), asks)
                return enclosed(handler(wanted))

            view.__name__, view.__doc__ = name, handler.__doc__
            documented = document.validate(
                query=asks if method == "GET" and asks.model_fields else None,
                json=None if method == "GET" else body_of(asks),
                resp=_answers(answers, refuses, many=many),
                tags=[Tag(name=about)],
                operation_id=camel(name),
                skip_validation=True,  # ours is made of the same models and speaks the dialect
            )(view)
            bp.add_url_rule(
                path,
                endpoint=name,
                view_func=documented,
                methods=[method],
                strict_slashes=False,
                provide_automatic_options=False,
            )
        return handler

    return register


def enveloped() -> object:
    """Return the `requestObject` of the body."""
    body = json_object(request)
    if not isinstance(body.get("requestObject"), dict):
        raise BadRequest("no requestObject")
    return body["requestObject"]


def enclosed(content: Answer) -> dict[str, object]:
    """Put an answer into its envelope."""
    if content is None:
        return {"status": "OK"}
    if isinstance(content, Schema):
        return {"status": "OK", "responseObject": _dumped(content)}
    return {"status": "OK", "responseObject": [_dumped(each) for each in content]}


def caller() -> Caller:
    """Return who makes this request."""
    known: Caller = g.caller
    return known


@bp.before_request
def authenticate() -> None:
    """Let in whom the settings let in; browsers never on behalf of another site."""
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise NotAllowed("another site's page")
    if not is_public():
        g.caller = _caller()


def _caller() -> Caller:
    given = authorization(request)
    match services().settings.nextstep.auth:
        case "none":
            return services().anybody
        case "basic":
            if given is None or given.type != "basic":
                raise NotAuthenticated("no Basic credentials")
            return services().system_user(given.username or "", given.password or "")
        case "oidc":
            if given is None or given.type != "bearer" or not given.token:
                raise NotAuthenticated("no bearer token")
            return services().bearer(given.token)


def _dumped(content: Schema) -> dict[str, object]:
    return content.model_dump(mode="json", by_alias=True)


def _answers(answers: type[Schema] | None, refuses: str, *, many: bool) -> Response:
    success = PlainAnswer if answers is None else answer_of(answers, many=many)
    codes = ", ".join(["REQUEST_VALIDATION_FAILED", "INVALID_REQUEST", *refuses.split()])
    refusals = {
        "HTTP_400": (ErrorAnswer, ", ".join(dict.fromkeys(codes.split(", ")))),
        "HTTP_401": (ErrorAnswer, "ERROR_UNAUTHORIZED"),
        "HTTP_403": (ErrorAnswer, "ERROR_FORBIDDEN"),
        "HTTP_413": (ErrorAnswer, "The body is too large"),
        "HTTP_429": (ErrorAnswer, "ERROR_TRY_AGAIN: too many failures from this address"),
        "HTTP_503": (ErrorAnswer, "ERROR_TRY_AGAIN"),
    }
    return Response(HTTP_200=success, **refusals)
