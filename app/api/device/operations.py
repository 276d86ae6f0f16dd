"""What waits for a phone, and what its person says to it."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus

from flask import request
from flask.typing import ResponseReturnValue
from pydantic import Field

from app import clock, texts
from app.api.device.calls import (
    AUTHORIZATION,
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
from app.api.kit import Schema, parse
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


class Named(Schema):
    """Which operation."""

    id: str = Field(min_length=1, max_length=64)


class Proximity(Schema):
    """What the phone has read beside the page; when and how it did is its own affair."""

    otp: str = Field(max_length=64)


class Authorization(Named):
    """What a person approves."""

    data: str
    proximity_check: Proximity | None = None
    mobile_token_data: dict[str, object] | None = None


class Cancellation(Named):
    """What a person rejects, and why."""

    reason: str = Field(default="UNKNOWN", min_length=1, max_length=256)


@call(f"{BASE}/list")
def list_operations() -> ResponseReturnValue:
    """Tell what waits for the phone, the newest first."""
    return _told(services().approving.pending(handset()))


@call(f"{BASE}/detail")
def operation_detail() -> ResponseReturnValue:
    """Tell of one operation that waits."""
    return _one(services().approving.detail)


@call(f"{BASE}/detail/claim")
def claim_operation() -> ResponseReturnValue:
    """Make an operation that is nobody's the user's, and tell of it."""
    return _one(services().approving.claim)


@call(f"{BASE}/history")
def operation_history() -> ResponseReturnValue:
    """Tell of all operations of the phone, the newest first."""
    signed = accepted(signature("/operation/history"))
    if not signed.is_strong:
        refuse("one factor")
    return _told(services().approving.history(handset_of(signed.registration)))


@call(f"{BASE}/authorize")
def authorize_operation() -> ResponseReturnValue:
    """Approve an operation; what is wrong with the signature counts against it, too."""
    verdict = signature("/operation/authorize")
    if isinstance(verdict, Refused):
        _count_failure()
    signed = accepted(verdict)
    with kept():
        body = asked()
        if not isinstance(body.get("id"), str):
            raise NotAuthenticated("no operation is named")
        wanted = parse(body, Authorization)
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


@call(f"{BASE}/cancel")
def cancel_operation() -> ResponseReturnValue:
    """Reject an operation: nobody has to prove more for that than that they have the phone."""
    signed = accepted(signature("/operation/cancel"))
    if signed.factors != ("possession",):
        refuse("not possession alone")
    with kept():
        wanted = parse(asked(), Cancellation)
        refusal = services().approving.reject(
            handset_of(signed.registration), wanted.id, reason=wanted.reason, origin=_origin()
        )
    return _refused(refusal) if refusal else ok()


def _one(find: Callable[[Handset, str], Operation | Refusal]) -> ResponseReturnValue:
    phone = handset()
    with kept():
        found = find(phone, parse(asked(), Named).id)
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
