"""What waits for a phone, and what its person says to it."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus

from flask import request
from flask.typing import ResponseReturnValue

from app import clock, texts
from app.api.device import operation_schemas as schemas
from app.api.device.calls import (
    AUTHORIZATION,
    BEARER,
    SIGNED,
    accepted,
    asked,
    call,
    handset,
    header,
    kept,
    ok,
    refuse,
    signature,
)
from app.api.device.presenting import moment, presented
from app.api.kit import parse_json
from app.errors import BadRequest, NotAuthenticated
from app.mtoken.handsets import handset_of
from app.mtoken.operation_views import Approval, Handset, Operation, Origin, Refusal
from app.mtoken.verdicts import Refused
from app.services import services

BASE = "/api/auth/token/app/operation"

# fmt: off
REFUSALS: Mapping[Refusal, tuple[str, str, HTTPStatus]] = {
    Refusal.UNKNOWN: ("INVALID_OPERATION", "No such operation.", HTTPStatus.BAD_REQUEST),
    Refusal.FINISHED: ("OPERATION_ALREADY_FINISHED", "It is finished.", HTTPStatus.BAD_REQUEST),
    Refusal.FAILED: ("OPERATION_ALREADY_FAILED", "It has failed.", HTTPStatus.BAD_REQUEST),
    Refusal.CANCELED: ("OPERATION_ALREADY_CANCELED", "It was canceled.", HTTPStatus.BAD_REQUEST),
    Refusal.EXPIRED: ("OPERATION_EXPIRED", "It has expired.", HTTPStatus.BAD_REQUEST),
    Refusal.ATTEMPT_FAILED: ("OPERATION_FAILED", "It was not approved.", HTTPStatus.UNAUTHORIZED),
    Refusal.FACTOR_NOT_ALLOWED: (
        "POWERAUTH_AUTH_FAIL", "Signature validation failed.", HTTPStatus.UNAUTHORIZED
    ),
    Refusal.NOT_VERIFIED: (
        "POWERAUTH_AUTH_FAIL", "Signature validation failed.", HTTPStatus.UNAUTHORIZED
    ),
}
# fmt: on
"""Why a phone is refused → code, words and status of the dialect."""


ENDED = (
    "INVALID_OPERATION OPERATION_ALREADY_FINISHED OPERATION_ALREADY_FAILED "
    "OPERATION_ALREADY_CANCELED OPERATION_EXPIRED"
)
"""What a phone hears of an operation that no longer waits."""

ABOUT = "Operations"


@call(f"{BASE}/list", about=ABOUT, proof=BEARER, answers=schemas.OperationListAnswer)
def list_operations() -> ResponseReturnValue:
    """Tell what waits for the phone, the newest first.

    The body is not read; apps send `{}`. `Accept-Language` chooses the words.
    """
    return _told(services().approving.pending(handset()))


@call(
    f"{BASE}/detail",
    about=ABOUT,
    proof=BEARER,
    asks=schemas.NamedBody,
    answers=schemas.OperationAnswer,
    refuses=f"INVALID_REQUEST {ENDED}",
)
def operation_detail() -> ResponseReturnValue:
    """Tell of one operation that waits."""
    return _one(services().approving.detail)


@call(
    f"{BASE}/detail/claim",
    about=ABOUT,
    proof=BEARER,
    asks=schemas.NamedBody,
    answers=schemas.OperationAnswer,
    refuses=f"INVALID_REQUEST {ENDED}",
)
def claim_operation() -> ResponseReturnValue:
    """Make an operation that is nobody's the user's, and tell of it."""
    return _one(services().approving.claim)


@call(f"{BASE}/history", about=ABOUT, proof=SIGNED, answers=schemas.OperationListAnswer)
def operation_history() -> ResponseReturnValue:
    """Tell of all operations of the phone, the newest first.

    Signed for `/operation/history`, with two factors, together with the body, whatever that is.
    """
    signed = accepted(signature("/operation/history"))
    if not signed.is_strong:
        refuse("one factor")
    return _told(services().approving.history(handset_of(signed.registration)))


@call(
    f"{BASE}/authorize",
    about=ABOUT,
    proof=SIGNED,
    asks=schemas.AuthorizationBody,
    refuses=f"INVALID_REQUEST {ENDED}",
)
def authorize_operation() -> ResponseReturnValue:
    """Approve an operation; what is wrong with the signature counts against it, too.

    Signed for `/operation/authorize`, as the operation allows. An attempt that failed is
    OPERATION_FAILED, with 401.
    """
    verdict = signature("/operation/authorize")
    if isinstance(verdict, Refused):
        _count_failure()
    signed = accepted(verdict)
    with kept():
        body = asked()
        if not isinstance(body.get("id"), str):
            raise NotAuthenticated("no operation is named")
        wanted = parse_json(body, schemas.Authorization)
        check = wanted.proximity_check
        approval = Approval(
            handset=handset_of(signed.registration),
            operation_id=wanted.id,
            factor=signed.kind,
            data=wanted.data,
            proximity_otp=check.otp if check else None,
            mobile_token_data=wanted.mobile_token_data,
            origin=_origin(),
        )
        refusal = services().approving.approve(approval)
    return _refused(refusal) if refusal else ok()


@call(
    f"{BASE}/cancel",
    about=ABOUT,
    proof=SIGNED,
    asks=schemas.CancellationBody,
    refuses=f"INVALID_REQUEST {ENDED}",
)
def cancel_operation() -> ResponseReturnValue:
    """Reject an operation: nobody has to prove more for that than that they have the phone.

    Signed for `/operation/cancel`, by possession alone.
    """
    signed = accepted(signature("/operation/cancel"))
    if signed.factors != ("possession",):
        refuse("not possession alone")
    with kept():
        wanted = parse_json(asked(), schemas.Cancellation)
        refusal = services().approving.reject(
            handset_of(signed.registration), wanted.id, reason=wanted.reason, origin=_origin()
        )
    return _refused(refusal) if refusal else ok()


def _one(find: Callable[[Handset, str], Operation | Refusal]) -> ResponseReturnValue:
    phone = handset()
    with kept():
        found = find(phone, parse_json(asked(), schemas.Named).id)
    return _refused(found) if isinstance(found, Refusal) else _told(found)


def _told(found: Operation | Sequence[Operation]) -> ResponseReturnValue:
    words, wanted = services().texts.words(_language()), _wanted_languages()
    if isinstance(found, Operation):
        answer = ok(presented(found, words, wanted))
    else:
        answer = ok([presented(each, words, wanted) for each in found])
    return {**answer, "currentTimestamp": moment(clock.now())}


def _refused(refusal: Refusal) -> ResponseReturnValue:
    """Answer a refusal without undoing what was counted."""
    code, message, status = REFUSALS[refusal]
    return {"status": "ERROR", "responseObject": {"code": code, "message": message}}, status


def _count_failure() -> None:
    """Count a wrong signature against the operation that it was for."""
    try:
        named = asked().get("id")
    except BadRequest:
        named = None
    if isinstance(named, str):
        services().approving.fail(header(AUTHORIZATION), named, origin=_origin())


def _origin() -> Origin:
    return Origin(request.remote_addr or "", (request.user_agent.string or "")[:256])


def _language() -> str:
    """Return the first language that the phone asks for and that we speak; else English."""
    return texts.best(_wanted_languages(), services().settings.web.languages) or "en"


def _wanted_languages() -> list[str]:
    """Return the languages that the phone asks for, the best first."""
    return [tag.lower() for tag, quality in request.accept_languages if quality]
