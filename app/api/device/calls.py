"""A call of a phone: its address, its proof, its envelope.

@call("/api/auth/token/app/operation/cancel")
def cancel():
    signed = accepted(signature("/operation/cancel"))
    with kept():
        ...  # may raise a Problem: it is undone, and the code of the phone stays used up
    return ok()
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import NoReturn, TypeVar

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from app.api.kit import json_object
from app.errors import BadRequest, NotAuthenticated, Problem
from app.mtoken.handsets import handset_of
from app.mtoken.operation_views import Handset
from app.mtoken.verdicts import Bearer, Proved, Refused, Signed, SignedOpened
from app.services import services

PREFIX = "/enrollment-server"
AUTHORIZATION = "X-PowerAuth-Authorization"
ENCRYPTION = "X-PowerAuth-Encryption"
TOKEN = "X-PowerAuth-Token"  # noqa: S105 - the name of a header

bp = Blueprint("device", __name__, url_prefix=PREFIX)

T = TypeVar("T")
View = Callable[[], ResponseReturnValue]


def call(path: str, *, methods: tuple[str, ...] = ("POST",)) -> Callable[[View], View]:
    """Let a function answer at an address, with and without a slash at its end."""

    def register(view: View) -> View:
        bp.add_url_rule(
            path,
            endpoint=view.__name__,
            view_func=view,
            methods=list(methods),
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
