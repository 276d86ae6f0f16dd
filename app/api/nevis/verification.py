"""Verification: a user sends back a code, of a text message or one on paper."""

from app.api.nevis import verification_schemas as schemas
from app.api.nevis.app_side import OVER
from app.api.nevis.calls import about, allowed, call, check_purpose, instance, origin, users
from app.api.nevis.errors import RuleBroken
from app.errors import TokenNotFound, TooManyAttempts
from app.mtoken.operation_views import Refusal
from app.mtoken.recovery import Verdict
from app.mtoken.users import Customer
from app.services import services

WRONG = RuleBroken("code.wrong", "The code is not right.")


@call(
    "POST /api/v1/users/<user_id>/verification",
    proof="verify",
    body=schemas.VerificationRequest,
    answers=None,
    about="Verification",
)
def verify_code(user_id: str, body: schemas.VerificationRequest) -> None:
    """Take a code, once; wrong ones are counted."""
    customer = about(lambda: users().find(user_id))
    if body.channel == "recovery":
        _recover(customer, body.code)
    else:
        _verify(customer, body.code, body.status_token or "")


def _verify(customer: Customer, code: str, status_token: str) -> None:
    codes = services().text_codes.within(instance())
    operation_id = _operation_of(status_token)
    purpose = codes.purpose(customer, operation_id)
    if purpose is None:
        raise TokenNotFound("no message of this user")
    check_purpose(purpose)
    allowed(customer, "sms")
    users().hold(customer.id)
    refusal = codes.judge(customer, operation_id, code, origin())
    match refusal:
        case None:
            users().touch(customer.id)
        case Refusal.ATTEMPT_FAILED:
            services().commit()
            raise WRONG
        case Refusal.FAILED:
            services().commit()
            raise TooManyAttempts(operation_id)
        case _:
            raise OVER


def _recover(customer: Customer, code: str) -> None:
    check_purpose("approve")
    allowed(customer, "recovery")
    users().hold(customer.id)
    match services().recovery.use(customer, code):
        case Verdict.RIGHT:
            users().touch(customer.id)
        case Verdict.WRONG:
            services().commit()
            raise WRONG
        case Verdict.BLOCKED:
            raise TooManyAttempts(customer.id)


def _operation_of(status_token: str) -> str:
    """Return what a status token stands for. Raises TokenNotFound."""
    claims = services().facade_tokens.read(instance(), status_token)
    if claims is None or claims.get("aud") != "status":
        raise TokenNotFound("not a status token")
    return str(claims.get("txn"))
