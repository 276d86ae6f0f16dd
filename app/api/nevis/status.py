"""Status: how a transaction stands; introspection: what a token is worth; intents."""

from collections.abc import Mapping

from flask import g

from app.api.nevis import schemas
from app.api.nevis.calls import call, instance, issuer, transactions, users
from app.mtoken.access_keys import Intent
from app.mtoken.transaction_views import Progress
from app.services import services

SECOND = 1000
UNKNOWN = schemas.StatusAnswer(status="unknown")
INACTIVE = schemas.IntrospectionAnswer(active=False)


@call(
    "POST /api/v1/status",
    proof="nobody",
    body=schemas.StatusRequest,
    answers=schemas.StatusAnswer,
    about="Status",
)
def status(body: schemas.StatusRequest) -> schemas.StatusAnswer:
    """Tell how a transaction stands; a guess learns nothing."""
    progress = _progress(body.status_token, "status")
    if progress is None:
        g.guessed = True
        return UNKNOWN
    tokens = services().facade_tokens
    proof = tokens.transaction(instance(), progress.operation_id, progress.status)
    return schemas.StatusAnswer.of(progress, proof)


@call(
    "POST /api/v1/introspect",
    form=schemas.IntrospectionRequest,
    answers=schemas.IntrospectionAnswer,
    about="Introspect",
)
def introspect(form: schemas.IntrospectionRequest) -> schemas.IntrospectionAnswer:
    """Judge an access key, an intent, a status token; a transaction's success is proved once."""
    token = form.token
    key = services().access_keys.recognise(instance(), token)
    if key is not None:
        return _active({"iat": int(key.created_at.timestamp()), "aud": "api"}, key.id)
    claims = services().facade_tokens.read(instance(), token)
    if claims is None:
        return INACTIVE
    match claims.get("aud"):
        case "intent" if services().intents.find(instance(), token) is not None:
            return _active(claims, str(claims["sub"]))
        case "status" | "transaction" as kind:
            return _judged(claims, token, kind)
        case _:
            return INACTIVE


@call(
    "POST /api/v1/intent",
    body=schemas.IntentRequest,
    answers=schemas.IntentAnswer,
    about="Intent",
)
def create_intent(body: schemas.IntentRequest) -> schemas.IntentAnswer:
    """Give leave to do one thing with one user, once, within ten minutes."""
    if body.user_id is not None:
        customer = users().find(body.user_id)
    elif body.operation == "enroll":  # as the enrolment itself: who is new is made
        customer = users().ensure(body.username)
    else:
        customer = users().recognise(body.username or "")
    users().hold(customer.id)  # whoever removes the user meanwhile would leave us none
    intent = Intent(customer.id, body.operation, body.channels)
    return schemas.IntentAnswer(token=services().intents.issue(instance(), intent))


def _judged(claims: Mapping[str, object], token: str, kind: str) -> schemas.IntrospectionAnswer:
    """Judge a token of a transaction. One that is not over, or has failed, proves nothing."""
    progress = _progress(token, kind)
    if progress is None:
        return INACTIVE
    if kind == "transaction":
        is_of_now = claims.get("status") == progress.status
        if not is_of_now or not transactions().prove(progress):
            return INACTIVE
    return _active(claims, progress.customer_id, progress)


def _active(
    claims: Mapping[str, object], subject: str | None, progress: Progress | None = None
) -> schemas.IntrospectionAnswer:
    about: dict[str, object] = {}
    if subject is not None:
        about["sub"] = subject
    if progress is not None:
        state = schemas.STATUSES.get(progress.status, "failed")
        about |= {"transaction_id": progress.operation_id, "status": state}
    return schemas.IntrospectionAnswer(
        active=True,
        iat=int(str(claims["iat"])) * SECOND,
        aud=str(claims["aud"]),
        iss=issuer(),
        **about,
    )


def _progress(token: str, kind: str) -> Progress | None:
    claims = services().facade_tokens.read(instance(), token)
    if claims is None or claims.get("aud") != kind:
        return None
    return transactions().progress(str(claims.get("txn")))
