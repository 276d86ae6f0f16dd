"""Approval: a user's app, or whichever is led to it, is asked for a yes."""

from http import HTTPStatus

from app.api.nevis import approval_schemas as schemas
from app.api.nevis import fido2
from app.api.nevis.calls import about, allowed, call, instance, issuer, transactions, users
from app.api.nevis.errors import RuleBroken
from app.api.nevis.links import Dispatch
from app.api.nevis.messages import MessageNotAllowed, text_of
from app.api.nevis.schemas import Begun
from app.api.nevis.text_messages import wording
from app.mtoken.transaction_views import APP, POWERAUTH, Wanted
from app.mtoken.users import Customer
from app.services import services

ABOUT = "Approval"
ANY = "*"


@call(
    "POST /api/v1/approval",
    proof="approve",
    body=schemas.ApprovalRequest,
    answers=schemas.Approval,
    status=201,
    about=ABOUT,
)
def approve(body: schemas.ApprovalRequest) -> Begun:
    """Ask for an approval; follow it by its status."""
    if body.channel != "sms" and body.message is not None:
        _check_message(body.message)
    customer = about(lambda: _customer(body))
    allowed(customer, body.channel)
    match body.channel:
        case "sms" if customer is not None:
            return _send_code(customer, body)
        case "fido2":
            return _ask_passkey(customer, body)
        case _:
            return _ask_app(customer, body)


def _ask_passkey(customer: Customer | None, body: schemas.ApprovalRequest) -> schemas.Approval:
    operation_id, options = fido2.ask(customer, body.authenticator_id, body.message)
    token = services().facade_tokens.status(instance(), operation_id)
    return schemas.Approval(
        transaction_id=operation_id, status_token=token, credential_request_options=options
    )


def _check_message(message: str) -> None:
    try:
        text_of(message)
    except MessageNotAllowed as error:
        raise RuleBroken("message.html", f"{error}.", HTTPStatus.BAD_REQUEST) from None


def _customer(body: schemas.ApprovalRequest) -> Customer | None:
    if body.user_id is not None:
        return users().find(body.user_id)
    return None if body.username is None else users().recognise(body.username)


def _ask_app(customer: Customer | None, body: schemas.ApprovalRequest) -> schemas.Approval:
    is_any = customer is None or body.authenticator_id == ANY
    kinds = (APP,) if body.channel == "app" else (APP, POWERAUTH)
    chosen = None
    if customer is not None:  # even if any may answer: somebody has to be able to
        named = None if is_any else body.authenticator_id
        chosen = transactions().chosen(customer, kinds, named)
    kind = APP if chosen is None else chosen.kind
    message = body.message
    if message is not None and kind == POWERAUTH:  # it shows no HTML
        message = text_of(message)
    dispatch = Dispatch(issuer(), "authentication")
    operation = transactions().approve(
        Wanted(
            channel=body.channel,
            customer=customer,
            registration_id=None if is_any or chosen is None else chosen.id,
            kind=kind,
            message=message,
            dispatch=dispatch.token,
            notice=dispatch.notice(body.notification_message or ""),
        )
    )
    token = services().facade_tokens.status(instance(), operation.id)
    led = dispatch.led() if body.channel == "app" else {}
    return schemas.Approval(transaction_id=operation.id, status_token=token, **led)


def _send_code(customer: Customer, body: schemas.ApprovalRequest) -> Begun:
    codes = services().text_codes.within(instance())
    operation = codes.approve(customer, wording(body.message))
    token = services().facade_tokens.status(instance(), operation.id)
    return Begun(transaction_id=operation.id, status_token=token)
