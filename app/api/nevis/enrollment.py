"""Enrolment: a user, made now if there is none, gets another means of approval."""

from app.api.nevis import enrollment_schemas as schemas
from app.api.nevis import fido2
from app.api.nevis.calls import (
    about,
    allowed,
    call,
    instance,
    issuer,
    profiles,
    transactions,
    users,
)
from app.api.nevis.links import Dispatch
from app.api.nevis.schemas import AppBegun, Begun
from app.api.nevis.text_messages import wording
from app.mtoken.transaction_views import APP
from app.mtoken.users import Customer
from app.services import services

ABOUT = "Registration"


@call(
    "POST /api/v1/users/enroll",
    proof="enroll",
    body=schemas.EnrollmentRequest,
    answers=schemas.EnrolledUser,
    status=201,
    about=ABOUT,
)
def enroll_user(body: schemas.EnrollmentRequest) -> schemas.EnrolledUser:
    """Begin to register an app, a passkey or a telephone number; follow it by its status."""
    customer = about(lambda: _customer(body))
    allowed(customer, body.channel)
    begun = _begun(customer, body)
    return schemas.EnrolledUser.of(profiles().of(users().find(customer.id)), **begun)


def _begun(customer: Customer, body: schemas.EnrollmentRequest) -> dict[str, object]:
    """Begin what is wanted; return what is told of it besides the user."""
    match body.channel:
        case "sms":
            return {"enrollment": _enroll_phone(customer, body)}
        case "fido2":
            passkey = fido2.enroll(customer, body.display_name or "", body.fido2_options)
            return {"enrollment": passkey}
        case "recovery":
            users().hold(customer.id)
            users().touch(customer.id)
            return {"recovery_codes": list(services().recovery.issue(customer))}
        case _:
            return {"enrollment": _enroll_app(customer)}


def _customer(body: schemas.EnrollmentRequest) -> Customer:
    if body.user_id is not None:
        return users().find(body.user_id)
    return users().ensure(body.username)


def _enroll_app(customer: Customer) -> AppBegun:
    dispatch = Dispatch(issuer(), "registration")
    operation = transactions().enroll(customer, APP, dispatch=dispatch.token)
    token = services().facade_tokens.status(instance(), operation.id)
    return AppBegun(transaction_id=operation.id, status_token=token, **dispatch.led())


def _enroll_phone(customer: Customer, body: schemas.EnrollmentRequest) -> Begun:
    codes = services().text_codes.within(instance())
    operation = codes.enroll(customer, body.phone or "", wording(body.message))
    token = services().facade_tokens.status(instance(), operation.id)
    return Begun(transaction_id=operation.id, status_token=token)
