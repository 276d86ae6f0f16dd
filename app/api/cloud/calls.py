"""A call of the Cloud API: its address, who may make it, what it takes, its documentation.

@call("PUT /v2/registrations/<registrationId>", body=Change, answers=None, about="Registrations")
def update_registration_state(registration_id: str, body: Change) -> None:
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

from flask import Blueprint, g, request
from flask.typing import ResponseReturnValue
from pydantic.alias_generators import to_snake
from spectree import Response, Tag

from app.api.kit import Schema, authorization, check_texts, json_object, parse, parse_json, query
from app.api.openapi import ErrorAnswer, PlainAnswer, camel, is_public, new_document, publish
from app.errors import NotAllowed, NotAuthenticated
from app.mtoken.access import Caller
from app.mtoken.callbacks import Callbacks
from app.mtoken.inbox import Inbox
from app.mtoken.operations import Operations
from app.mtoken.registrations import Registrations
from app.services import services

PREFIX = "/powerauth-cloud"
FOR_BOTH = (f"{PREFIX}/v2/admin/", f"{PREFIX}/internal/")
"""For administrators, and for integration users as far as their applications go."""

FROM_HERE = frozenset({None, "none", "same-origin"})
"""What browsers say of a request that no other site's page has made."""

bp = Blueprint("cloud", __name__, url_prefix=PREFIX)

HandlerT = TypeVar("HandlerT", bound=Callable[..., Schema | None])

document = new_document(
    title="Cloud API",
    description=(
        "The API by which a bank's back ends register phones of their users, have operations "
        "approved on them and send messages to them. Calls below `/admin` are for administrators, "
        "all others for integration users, who see the applications that they were given and "
        "nothing else."
    ),
    version="2",
    schemes=("basic",),
    security=[{"basic": []}],
)
publish(bp, document)


def call(  # noqa: PLR0913 - what a call consists of
    way: str,
    *,
    body: type[Schema] | None = None,
    asks: type[Schema] | None = None,
    answers: type[Schema] | None,
    about: str,
    refuses: str = "",
) -> Callable[[HandlerT], HandlerT]:
    """Let a function answer at an address, e.g. `POST /v2/operations`.

    It gets the names of the path, the `body` and, as `asked`, what the query `asks`. `refuses`
    names the codes of the dialect.
    """

    def register(handler: HandlerT) -> HandlerT:
        method, _, path = way.partition(" ")
        name = camel(handler.__name__)

        def view(**names: str) -> ResponseReturnValue:
            _check_caller()
            check_texts(names)
            given: dict[str, object] = {to_snake(key): value for key, value in names.items()}
            if asks is not None:
                given["asked"] = parse(query(request), asks, place=name)
            if body is not None:
                given["body"] = parse_json(json_object(request) if request.get_data() else {}, body)
            return presented(handler(**given))

        view.__name__, view.__doc__ = handler.__name__, handler.__doc__
        documented = document.validate(
            query=asks,
            json=body,
            resp=_answers(answers, refuses),
            tags=[Tag(name=about)],
            operation_id=name,
            skip_validation=True,  # ours is made of the same models and speaks the dialect
        )(view)
        bp.add_url_rule(
            path,
            endpoint=handler.__name__,
            view_func=documented,
            methods=[method],
            strict_slashes=False,
            provide_automatic_options=False,
        )
        return handler

    return register


def presented(content: Schema | None) -> Mapping[str, object]:
    """Return an answer as it is, and OK for one that has nothing to say."""
    if content is None:
        return {"status": "OK"}
    return content.model_dump(mode="json", by_alias=True, exclude_none=True)


def caller() -> Caller:
    """Return who makes this request."""
    known: Caller = g.caller
    return known


def registrations() -> Registrations:
    """Return the registrations that there are for the caller."""
    return services().mtoken.registrations.within(caller().applications)


def operations() -> Operations:
    """Return the operations that there are for the caller."""
    return services().operations.within(caller().applications)


def inbox() -> Inbox:
    """Return the messages that there are for the caller."""
    return services().mtoken.inbox.within(caller().applications)


def callbacks() -> Callbacks:
    """Return the callbacks that there are for the caller."""
    known = services().callbacks
    return known if caller().is_admin else known.within(caller().applications)


@bp.before_request
def authenticate() -> None:
    """Let in system users; browsers never on behalf of another site."""
    if is_public():
        return
    if request.headers.get("Sec-Fetch-Site") not in FROM_HERE:
        raise NotAllowed("another site's page")
    given = authorization(request)
    if given is None or given.type != "basic":
        raise NotAuthenticated("no Basic credentials")
    g.caller = services().system_user(given.username or "", given.password or "")


def _check_caller() -> None:
    """Let administrators administrate, and integration users do everything else."""
    if request.path.startswith(FOR_BOTH) and caller().is_admin:
        return
    for_admins = request.path.startswith(f"{PREFIX}/admin/")
    if not (caller().is_admin if for_admins else caller().is_integration):
        raise NotAllowed("not with this authority", caller=caller().name)


def _answers(answers: type[Schema] | None, refuses: str) -> Response:
    codes = ", ".join(["ERROR_REQUEST", *refuses.split()])
    refusals = {
        "HTTP_400": (ErrorAnswer, codes),
        "HTTP_401": (ErrorAnswer, "HTTP_401"),
        "HTTP_403": (ErrorAnswer, "HTTP_403"),
        "HTTP_413": (ErrorAnswer, "ERROR_REQUEST: the body is too large"),
        "HTTP_429": (ErrorAnswer, "HTTP_429: too many failures from this address"),
        "HTTP_503": (ErrorAnswer, "HTTP_503: try again"),
    }
    return Response(HTTP_200=answers or PlainAnswer, **refusals)
