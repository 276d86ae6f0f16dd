"""A call of the second façade: its address, who may make it, what it takes, its documentation.

@call("POST /api/v1/approval", proof="approve", body=ApprovalRequest, answers=Begun, status=201, …)
def approve(body: ApprovalRequest) -> Begun:

Whoever brings an intent token does its one thing by the same call; the handler asks
`allowed(customer, channel)` before it changes anything.
"""

from collections.abc import Callable, Mapping
from typing import Literal, TypeVar

from flask import Blueprint, g, request
from flask import Response as Written
from flask.typing import ResponseReturnValue
from spectree import Tag
from werkzeug.exceptions import UnsupportedMediaType

from app.api.kit import Schema, check_texts, json_object, parse, parse_json, query
from app.api.nevis.document import FORM, PREFIX, answers_of, document, of_instance
from app.api.openapi import camel, publish
from app.errors import (
    BadRequest,
    CustomerAlreadyExists,
    CustomerNotFound,
    NotAllowed,
    NotAuthenticated,
)
from app.mtoken.access_keys import Intent
from app.mtoken.operation_views import Origin
from app.mtoken.profiles import Profiles
from app.mtoken.transactions import Transactions
from app.mtoken.users import Customer, Users
from app.services import services

BEARER = "bearer"
JSON = "application/json"
MOST_OF_AN_AGENT = 256

Proof = Literal["key", "enroll", "approve", "verify", "nobody"]
"""An access key; a key or an intent for this, or for what is verified; nothing."""

bp = Blueprint("nevis", __name__, url_prefix=f"{PREFIX}/<instance>")

HandlerT = TypeVar("HandlerT", bound=Callable[..., Schema | Written | None])
CustomerT = TypeVar("CustomerT", bound=Customer | None)

publish(bp, document, of_instance)


@bp.url_value_preprocessor
def take_instance(_endpoint: str | None, values: dict[str, object] | None) -> None:
    """Keep the instance of the address for whoever asks; one that cannot be is like any other."""
    named = str((values or {}).pop("instance", ""))
    g.instance = "" if "\x00" in named else named


def call(  # noqa: PLR0913 - what a call consists of
    way: str,
    *,
    proof: Proof = "key",
    body: type[Schema] | None = None,
    form: type[Schema] | None = None,
    asks: type[Schema] | None = None,
    answers: type[Schema] | None,
    status: int = 200,
    about: str,
) -> Callable[[HandlerT], HandlerT]:
    """Let a function answer at an address, e.g. `POST /api/v1/approval`.

    It gets the names of the path, the `body` (JSON) or the `form`, and as `asked` what the query
    `asks`.
    """

    def register(handler: HandlerT) -> HandlerT:
        method, _, path = way.partition(" ")

        def view(**parts: object) -> ResponseReturnValue:
            names = {name: str(part) for name, part in parts.items()}
            admit(proof)
            check_texts(names)
            given: dict[str, object] = dict(names)
            if asks is not None:
                given["asked"] = parse(query(request), asks)
            if body is not None:
                _check_media(JSON)
                given["body"] = parse_json(json_object(request), body)
            if form is not None:
                _check_media(FORM)
                given["form"] = parse(_form(form), form)
            return _presented(handler(**given), status)

        view.__name__, view.__doc__ = handler.__name__, handler.__doc__
        documented = document.validate(
            query=asks,
            json=body,
            form=form,
            resp=answers_of(answers, status),
            tags=[Tag(name=about)],
            operation_id=camel(handler.__name__),
            security=[] if proof == "nobody" else None,
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


def instance() -> str:
    """Return whose application this request is about."""
    return str(g.instance)


def issuer() -> str:
    """Return the address of the instance, with a slash at its end."""
    return services().facade_tokens.issuer(instance())


def users() -> Users:
    """Return the users of the instance."""
    return services().customers.within(instance())


def transactions() -> Transactions:
    """Return the transactions of the instance."""
    return services().transactions.within(instance())


def profiles() -> Profiles:
    """Return what users of the instance have."""
    return services().profiles.within(instance())


def origin() -> Origin:
    """Return where the call came from."""
    agent = request.headers.get("User-Agent", "")[:MOST_OF_AN_AGENT]
    return Origin(request.remote_addr or "", agent)


def about(find: Callable[[], CustomerT]) -> CustomerT:
    """Return the user whom a call is about. Raises NotAllowed where an intent is for another one.

    Who has an intent alone learns nothing of others, not even that they are not there.
    """
    intent = _intent()
    if intent is None:
        return find()
    try:
        customer = find()
    except (CustomerNotFound, CustomerAlreadyExists):
        raise NotAllowed("the intent is for somebody else") from None
    if customer is None or customer.id != intent.customer_id:
        raise NotAllowed("the intent is for somebody else")
    return customer


def allowed(customer: Customer | None, channel: str) -> None:
    """Use an intent up, if one was brought. Raises NotAllowed if it is for something else.

    The user is locked first, as everybody does: else this and the end of the user, which takes
    its intents along, wait for each other.
    """
    intent = _intent()
    if intent is None:
        return
    is_for_it = customer is not None and customer.id == intent.customer_id
    if not is_for_it or (intent.channels is not None and channel not in intent.channels):
        raise NotAllowed("the intent is for something else")
    try:
        users().hold(intent.customer_id)
    except CustomerNotFound:
        raise NotAllowed("the intent is for nobody any more") from None
    if not services().intents.spend(instance(), g.bearer):
        raise NotAllowed("the intent was used")


def check_purpose(purpose: str) -> None:
    """Refuse an intent that was brought for something else. Raises NotAllowed."""
    intent = _intent()
    if intent is not None and intent.operation != purpose:
        raise NotAllowed("the intent is for something else")


def _intent() -> Intent | None:
    known: Intent | None = g.get("intent")
    return known


def admit(proof: Proof) -> None:
    """Let in who brings an access key of this instance, or an intent for what is asked."""
    if proof == "nobody":
        return
    g.bearer = _bearer()
    key = services().access_keys.recognise(instance(), g.bearer)
    if key is not None:
        services().actor = f"key:{key.id}"
        return
    if proof in ("enroll", "approve", "verify"):
        intent = services().intents.find(instance(), g.bearer)
        if intent is not None and proof in (intent.operation, "verify"):
            services().actor = f"intent:{intent.customer_id}"
            g.intent = intent
            return
    raise NotAllowed("not a key of this instance")


def _bearer() -> str:
    header = request.headers.get("Authorization", "")
    scheme, _, token = header.partition(" ")
    if scheme.lower() != BEARER or not token.strip() or not header.isascii():
        raise NotAuthenticated("no Bearer token")
    return token.strip()


def _check_media(wanted: str) -> None:
    if request.mimetype != wanted:
        raise UnsupportedMediaType


def _form(form: type[Schema]) -> Mapping[str, object]:
    """Return the fields of a form that are asked for, each once. Raises BadRequest."""
    known = [field.alias or name for name, field in form.model_fields.items()]
    given = {name: request.form.getlist(name) for name in known}
    if any(len(values) > 1 for values in given.values()):
        raise BadRequest("a field is repeated")
    fields: dict[str, object] = {name: values[0] for name, values in given.items() if values}
    check_texts(fields)
    return fields


def _presented(content: Schema | Written | None, status: int) -> ResponseReturnValue:
    if isinstance(content, Written):  # no JSON
        return content
    if content is None:
        return "", status
    return content.model_dump(mode="json", by_alias=True, exclude_unset=True), status
