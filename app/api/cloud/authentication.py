"""Authentication: signatures and tokens that a back end got from phones, judged for it."""

from app.api.cloud import authentication_schemas as schemas
from app.api.cloud.calls import call, caller
from app.services import services

ABOUT = "Authentication"


@call(
    "POST /v2/signature/verify",
    body=schemas.VerifySignatureRequest,
    answers=schemas.SignatureVerdict,
    about=ABOUT,
    refuses="ERROR_SIGNATURE_INVALID",
)
def verify_signature(body: schemas.VerifySignatureRequest) -> schemas.SignatureVerdict:
    """Tell whether a phone has signed a request; a wrong one is counted, a right one used up."""
    checked = services().mtoken.checking.signature(body.asked(), caller().applications)
    return schemas.SignatureVerdict.of(checked)


@call(
    "POST /v2/token/verify",
    body=schemas.VerifyTokenRequest,
    answers=schemas.TokenVerdict,
    about=ABOUT,
    refuses="ERROR_TOKEN_INVALID",
)
def verify_token(body: schemas.VerifyTokenRequest) -> schemas.TokenVerdict:
    """Tell whether a header was made with a token of a phone; each header works once."""
    checked = services().mtoken.checking.token(body.auth_header, caller().applications)
    return schemas.TokenVerdict.of(checked)
