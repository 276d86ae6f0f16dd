"""What apps ask: redeem a dispatch token, answer once. The wire format is ours (docs/nevis.md)."""

from http import HTTPStatus

from app.api.nevis import app_schemas as schemas
from app.api.nevis.calls import call, issuer, origin, transactions, users
from app.api.nevis.errors import RuleBroken
from app.api.nevis.messages import is_html
from app.api.nevis.schemas import whose
from app.clock import now
from app.errors import TokenNotFound
from app.mtoken.challenges import challenge_of, named
from app.mtoken.operation_views import Refusal
from app.mtoken.transaction_views import Redeemed, Standing
from app.services import services

ABOUT = "App"
OK = 1200
"""Of FIDO UAF: done."""
OVER = RuleBroken("transaction.over", "The transaction is over.")
REFUSED = {
    Refusal.ATTEMPT_FAILED: RuleBroken(
        "signature.wrong", "The signature is not right.", HTTPStatus.FORBIDDEN
    ),
    Refusal.UNKNOWN: RuleBroken(
        "authenticator.unknown", "This authenticator was not asked.", HTTPStatus.NOT_FOUND
    ),
    Refusal.NOT_VERIFIED: RuleBroken(
        "authenticator.notVerified", "The user is not verified yet.", HTTPStatus.FORBIDDEN
    ),
}
"""What else than that it is over an app is told."""


@call(
    "POST /nevisfido/token/redeem/registration",
    proof="nobody",
    body=schemas.RedeemRequest,
    answers=schemas.RedeemAnswer,
    about=ABOUT,
)
def redeem_registration(body: schemas.RedeemRequest) -> schemas.RedeemAnswer:
    """Use a token up; what is asked is whether this app is to be registered."""
    return _redeemed(transactions().redeem(body.token, "enroll"))


@call(
    "POST /nevisfido/token/redeem/authentication",
    proof="nobody",
    body=schemas.RedeemRequest,
    answers=schemas.RedeemAnswer,
    about=ABOUT,
)
def redeem_authentication(body: schemas.RedeemRequest) -> schemas.RedeemAnswer:
    """Use a token up; what is asked is an approval."""
    return _redeemed(transactions().redeem(body.token, "approve"))


@call(
    "POST /nevisfido/uaf/response",
    proof="nobody",
    body=schemas.AppAnswer,
    answers=schemas.AppDone,
    about=ABOUT,
)
def answer_request(body: schemas.AppAnswer) -> schemas.AppDone:
    """Take the answer of an app: its key, its approval, or its no."""
    standing = transactions().of_secret(body.server_data)
    if standing is None:
        raise TokenNotFound("no app was asked")
    answers = services().app_answers
    if body.rejected:
        _check(answers.decline(standing, body.reason, origin()))
        return schemas.AppDone(status_code=OK)
    if standing.purpose == "enroll":
        return _enrolled(standing, body)
    _check(answers.approve(standing, body.authenticator(), body.proof(origin())))
    services().actor = f"phone:{body.authenticator()}"
    return schemas.AppDone(status_code=OK)


def _enrolled(standing: Standing, body: schemas.AppAnswer) -> schemas.AppDone:
    customer = users().find(standing.customer_id or "")
    authenticator_id = standing.operation.registration_id
    transactions().check_room(customer, authenticator_id)
    _check(services().app_answers.enroll(standing, body.new_key(), body.proof(origin())))
    services().actor = f"phone:{authenticator_id}"
    users().touch(customer.id)
    known = {"authenticator_id": authenticator_id, **whose(customer)}
    return schemas.AppDone(status_code=OK, **known)


def _check(refusal: Refusal | None) -> None:
    """Say what an app was refused; that it was counted is kept."""
    if refusal is None:
        return
    services().commit()
    raise REFUSED.get(refusal, OVER)


def _redeemed(redeemed: Redeemed) -> schemas.RedeemAnswer:
    standing, operation = redeemed.standing, redeemed.standing.operation
    op = "Reg" if standing.purpose == "enroll" else "Auth"
    customer = users().find(standing.customer_id) if standing.customer_id else None
    message = operation.parameters.get("message")
    shown = [] if message is None else [schemas.Content.of(message, is_html=is_html(message))]
    known: dict[str, object] = {} if customer is None else dict(whose(customer))
    if operation.registration_id is not None:
        known["authenticator_id"] = operation.registration_id
    left = operation.expires_at - now()
    return schemas.RedeemAnswer(
        status_code=OK,
        op=op,
        lifetime_millis=max(0, int(left.total_seconds() * 1000)),
        uaf_request=schemas.UafRequest(
            header=schemas.Header(op=op, app_id=issuer(), server_data=redeemed.secret),
            transaction_id=operation.id,
            data=operation.data,
            challenge=named(challenge_of(operation.id, operation.data)),
            transaction=shown,
            **known,
        ),
    )
