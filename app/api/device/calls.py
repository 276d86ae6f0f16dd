"""A call of a phone: its address, its proof, its envelope, its documentation.

@call(
    "/api/auth/token/app/operation/cancel",
    about="Operations", proof=SIGNED, asks=CancellationBody, refuses="INVALID_OPERATION",
)
def cancel_operation():
    signed = accepted(signature("/operation/cancel"))
    with kept():
        ...  # may raise a Problem: it is undone, and the code of the phone stays used up
    return ok()
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NoReturn, TypeVar

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from spectree import Response, Tag

from app.api.kit import Schema, json_object
from app.api.openapi import ErrorAnswer, PlainAnswer, camel, new_document, publish
from app.errors import BadRequest, NotAuthenticated, Problem
from app.mtoken.handsets import handset_of
from app.mtoken.operation_views import Handset
from app.mtoken.verdicts import Bearer, Proved, Refused, Signed, SignedOpened
from app.services import services

PREFIX = "/enrollment-server"
AUTHORIZATION = "X-PowerAuth-Authorization"
ENCRYPTION = "X-PowerAuth-Encryption"
TOKEN = "X-PowerAuth-Token"  # noqa: S105 - the name of a header

Proof = Sequence[Mapping[str, list[str]]]
"""What the document says of it: one of these, each all of these headers."""

NOBODY: Proof = []
SIGNED: Proof = [{AUTHORIZATION: []}]
BEARER: Proof = [{TOKEN: []}]
SEALED: Proof = [{ENCRYPTION: []}]

bp = Blueprint("device", __name__, url_prefix=PREFIX)

T = TypeVar("T")
View = Callable[[], ResponseReturnValue]

document = new_document(
    title="Device API",
    description=(
        "What a mobile app calls: the PowerAuth protocol 3.0 to 3.3 below `/pa/v3`, and everything "
        "that is done with a registered phone below `/api`. Apps use the protocol's own libraries; "
        "nobody signs or encrypts by hand. A refusal says the same of what is wrong and of what "
        "is not there."
    ),
    version="3.3",
    headers={
        AUTHORIZATION: (
            'A signature: `PowerAuth pa_activation_id="…", pa_application_key="…", pa_nonce="…", '
            'pa_signature_type="possession_knowledge", pa_signature="…", pa_version="3.3"`, over '
            "method, a constant of the call, nonce, body and application secret. It works once."
        ),
        TOKEN: (
            'A token: `PowerAuth token_id="…", token_digest="…", nonce="…", timestamp="…", '
            'version="3.3"`. A header works once.'
        ),
        ENCRYPTION: (
            'Who has encrypted: `PowerAuth application_key="…", activation_id="…", version="3.3"`, '
            "without `activation_id` as long as there is none. What is signed and encrypted says "
            f"so in {AUTHORIZATION} alone."
        ),
    },
)
publish(bp, document)


def call(  # noqa: PLR0913 - what a call consists of
    path: str,
    *,
    about: str,
    proof: Proof = NOBODY,
    asks: type[Schema] | None = None,
    answers: type[Schema] = PlainAnswer,
    refuses: str = "",
    methods: Sequence[str] = ("POST",),
) -> Callable[[View], View]:
    """Let a function answer at an address, with and without a slash at its end.

    All but `path` and `methods` is for the document: the function judges the proof and reads
    the body itself. `refuses` names the codes of the dialect.
    """

    def register(view: View) -> View:
        for number, method in enumerate(methods):
            name = view.__name__ + (f"_by_{method.lower()}" if number else "")
            documented = document.validate(
                json=asks,
                resp=_answers(answers, refuses, proof),
                tags=[Tag(name=about)],
                security=proof,
                operation_id=camel(name),
                skip_validation=True,  # most of it is encrypted
            )(view)
            bp.add_url_rule(
                path,
                endpoint=name,
                view_func=documented,
                methods=[method],
                strict_slashes=False,
                provide_automatic_options=False,
            )
        return view

    return register


def header(name: str) -> str | None:
    """Return a header of this request."""
    return request.headers.get(name)


def asked() -> Mapping[str, object]:
    """Return the `requestObject` of the body. Raises BadRequest."""
    found = json_object(request).get("requestObject")
    if not isinstance(found, dict):
        raise BadRequest("no requestObject")
    return found


def signature(uri_id: str) -> Signed | Refused:
    """Judge this request's signature; see `app/mtoken/signing.py`."""
    if not services().is_writing:
        services().begin_writing()  # a GET may be signed, and moves the counter, too
    body = b"" if request.method in ("GET", "HEAD") else request.get_data()
    query = request.query_string.decode("latin-1")
    return services().mtoken.signing.verify(
        header(AUTHORIZATION), request.method, uri_id, body, query
    )


def sealed_signature(uri_id: str, purpose: str | None = None) -> SignedOpened | Refused:
    """Open this request and judge its signature. Raises EncryptionRefused."""
    return services().mtoken.signing.verify_sealed(
        header(AUTHORIZATION), uri_id, request.get_data(), purpose
    )


def token() -> Bearer | Refused:
    """Judge this request's token."""
    return services().mtoken.tokens.check(header(TOKEN))


def handset() -> Handset:
    """Return the phone that has proved itself by its token; another one is refused."""
    bearer = accepted(token())
    if "possession" not in bearer.factors:
        refuse("not the phone itself")
    return handset_of(bearer.registration)


def accepted(verdict: T | Refused) -> T:
    """Go on with what was proved; what was not is counted, committed, and answered with 401."""
    if isinstance(verdict, Refused):
        refuse(verdict.reason)
    if isinstance(verdict, Proved | SignedOpened):
        services().actor = f"phone:{verdict.registration.id}"  # for the audit trail
    return verdict


def refuse(reason: str) -> NoReturn:
    """Commit what was counted, and answer with 401."""
    services().commit()
    raise NotAuthenticated(reason)


@contextmanager
def kept() -> Iterator[None]:
    """Keep that a proof was used up, whatever becomes of what it was for."""
    try:
        with services().separately():
            yield
    except Problem:
        services().commit()
        raise


def ok(value: Mapping[str, object] | list[object] | None = None) -> dict[str, object]:
    """Put an answer into its envelope."""
    return {"status": "OK"} if value is None else {"status": "OK", "responseObject": value}


def _answers(answers: type[Schema], refuses: str, proof: Proof) -> Response:
    told = {
        "HTTP_200": answers,
        "HTTP_400": (ErrorAnswer, ", ".join(refuses.split()) or "INVALID_REQUEST"),
        "HTTP_413": (ErrorAnswer, "INVALID_REQUEST: the body is too large"),
    }
    if any(name in one for one in proof for name in (AUTHORIZATION, TOKEN)):
        told["HTTP_401"] = (ErrorAnswer, "ERR_AUTHENTICATION, below /api POWERAUTH_AUTH_FAIL")
    return Response(**told)
