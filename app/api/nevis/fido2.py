"""Passkeys: what browsers bring to us from pages of the bank, and the script that helps them."""

from dataclasses import replace
from pathlib import Path
from typing import Final

from flask import Response, g, request
from flask.typing import ResponseReturnValue
from spectree import Tag

from app.api.kit import Schema
from app.api.nevis import fido2_schemas as schemas
from app.api.nevis.calls import (
    MOST_OF_AN_AGENT,
    bp,
    call,
    instance,
    origin,
    transactions,
    users,
)
from app.api.nevis.document import answers_of, document
from app.errors import TooManyAuthenticators
from app.mtoken.challenges import named
from app.mtoken.operation_views import Origin
from app.mtoken.passkey_values import Unproved
from app.mtoken.passkeys import Verdict
from app.mtoken.transaction_views import FIDO2, Standing, Wanted
from app.mtoken.users import Customer
from app.services import services

ABOUT: Final = "FIDO2"
SHARED: Final = ("/_app/attestation/result", "/_app/assertion/result", "/api/v1/status")
"""What pages of the configured origins may call from a browser."""
SCRIPT: Final = Path(__file__).with_name("fido2_client.js").read_text(encoding="utf-8")
REFUSED: Final = "The passkey was not accepted."
OK: Final = schemas.Fido2Result(status="ok", error_message="")
FAILED: Final = schemas.Fido2Result(status="failed", error_message=REFUSED)


def enroll(
    customer: Customer, display_name: str, options: schemas.Fido2Options
) -> schemas.CreationBegun:
    """Begin to register a passkey. Raises TooManyAuthenticators."""
    operation = transactions().enroll(customer, FIDO2)
    selection = options.authenticator_selection.model_dump(by_alias=True, exclude_none=True)
    return schemas.CreationBegun(
        transaction_id=operation.id,
        status_token=services().facade_tokens.status(instance(), operation.id),
        credential_creation_options=services().passkeys.creation_options(
            operation,
            user_handle=customer.id,
            user_name=customer.username or customer.id,
            display_name=display_name,
            selection=selection,
        ),
    )


def ask(
    customer: Customer | None, authenticator_id: str | None, message: str | None
) -> tuple[str, dict[str, object]]:
    """Ask for a passkey's approval; return the transaction, and what the browser is handed.

    Of a user's passkeys any may answer, unless one is named: nobody knows which is at hand.
    Raises AuthenticatorNotFound where there is none.
    """
    if customer is not None:
        transactions().chosen(customer, (FIDO2,), authenticator_id)
    operation = transactions().approve(
        Wanted(
            channel="fido2",
            customer=customer,
            registration_id=authenticator_id,
            kind=FIDO2,
            message=message,
        )
    )
    return operation.id, services().passkeys.request_options(operation)


@call(
    "POST /_app/attestation/result",
    proof="nobody",
    body=schemas.AttestationResult,
    answers=schemas.Fido2Result,
    about=ABOUT,
)
def attestation_result(body: schemas.AttestationResult) -> schemas.Fido2Result:
    """Take a new passkey from the browser that was handed the options of its enrolment."""
    standing, told = _asked(body, "enroll"), _plain(body)
    if standing is None or standing.customer_id is None:
        return FAILED
    try:
        transactions().check_room(users().find(standing.customer_id))
    except TooManyAuthenticators:
        return FAILED
    verdict = services().passkeys.register(
        standing.operation.id, told, name=body.user_friendly_name, origin=_origin(body.user_agent)
    )
    if verdict.refusal is None:
        users().touch(standing.customer_id)
    return _said(verdict)


@call(
    "POST /_app/assertion/result",
    proof="nobody",
    body=schemas.AssertionResult,
    answers=schemas.Fido2Result,
    about=ABOUT,
)
def assertion_result(body: schemas.AssertionResult) -> schemas.Fido2Result:
    """Take a signature from the browser that was handed the options of an approval."""
    standing = _asked(body, "approve")
    if standing is None:
        return FAILED
    return _said(
        services().passkeys.answer(
            standing.operation.id, _plain(body), origin=_origin(body.user_agent)
        )
    )


@bp.get("/fido2-client/fido2-client.js", strict_slashes=False)
@document.validate(
    resp=answers_of(None, 200),
    tags=[Tag(name=ABOUT)],
    operation_id="fido2Client",
    security=[],
    skip_validation=True,
)
def fido2_client() -> ResponseReturnValue:
    """Return the script by which pages of the bank speak to browser and façade."""
    answer = Response(SCRIPT, mimetype="text/javascript")
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer


def preflight() -> ResponseReturnValue:
    """Let the browser ask first; whether its page may call is in the headers."""
    return "", 204


@bp.after_request
def share(response: Response) -> Response:
    """Let pages of the configured origins read what browsers get, and nobody else's."""
    if not request.path.rstrip("/").endswith(SHARED):
        return response
    response.vary.add("Origin")
    asking = request.headers.get("Origin", "")
    if asking in services().settings.passkey_origins:
        response.headers["Access-Control-Allow-Origin"] = asking
        if request.method == "OPTIONS":
            response.headers["Access-Control-Allow-Methods"] = "POST"
            response.headers["Access-Control-Allow-Headers"] = "Content-Type"
            response.headers["Access-Control-Max-Age"] = "600"
    return response


for path in SHARED:
    bp.add_url_rule(
        path,
        endpoint=f"preflight{path.replace('/', '_')}",
        view_func=preflight,
        methods=["OPTIONS"],
        strict_slashes=False,
        provide_automatic_options=False,
    )


def _plain(body: Schema) -> dict[str, object]:
    return body.model_dump(by_alias=True, exclude_none=True)


def _asked(body: Schema, purpose: str) -> Standing | None:
    """Return the transaction whose challenge a browser has answered."""
    from app.mtoken.ceremonies import challenge_in  # noqa: PLC0415 - see there

    try:
        standing = transactions().of_challenge(named(challenge_in(_plain(body))))
    except Unproved:
        standing = None
    if standing is None or standing.purpose != purpose:
        g.guessed = True
        return None
    return standing


def _origin(user_agent: str | None) -> Origin:
    if user_agent is None:
        return origin()
    return replace(origin(), user_agent=user_agent[:MOST_OF_AN_AGENT])


def _said(verdict: Verdict) -> schemas.Fido2Result:
    return OK if verdict.refusal is None else FAILED
