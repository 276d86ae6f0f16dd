"""What the app answers to a request, and what it makes of the bank's own answer."""

from typing import Final

from app.demo.phone.authenticator.accounts import Account, Sealed
from app.demo.phone.authenticator.bank import Json
from app.demo.phone.authenticator.encoding import b64url
from app.demo.phone.authenticator.requests import Request
from app.demo.phone.calls import text
from app.demo.phone.primitives import SHA256, PrivateKey, uncompressed
from app.demo.phone.refusals import PhoneRefused
from app.demo.phone.sending import USER_AGENT
from app.demo.phone.troubles import NotUnderstood

LABEL: Final = "webflow.app.v1"
PIN, BIOMETRY = "pin", "biometry"
PLATFORM, PUSH_PLATFORM = "android", "fcm"


def signature(key: PrivateKey, request: Request, verification: str, *more: str) -> str:
    """Sign a request: what is done, whom it is for, and the hash of what was shown."""
    lines = (LABEL, request.op, request.app_id, request.challenge, verification, *more)
    return b64url(key.sign("\n".join(lines).encode(), SHA256))


def approved(request: Request, account: Account, key: PrivateKey, verification: str) -> Json:
    """Return the approval of a request."""
    return {
        "serverData": request.secret,
        "authenticatorId": account.authenticator_id,
        "userVerification": verification,
        "signature": signature(key, request, verification),
    }


def rejected(request: Request, reason: str) -> Json:
    """Return the rejection of a request."""
    more = {"reason": reason} if reason else {}
    return {"serverData": request.secret, "rejected": True, **more}


def enrolled(
    request: Request, sealed: Sealed, verification: str, *, device: str, push_token: str
) -> Json:
    """Return the new key for a request."""
    public = b64url(uncompressed(sealed.key))
    return {
        "serverData": request.secret,
        "publicKey": public,
        "userVerification": verification,
        "signature": signature(sealed.key, request, verification, public),
        "name": device,
        "platform": PLATFORM,
        "userAgent": USER_AGENT,
        "pushToken": push_token,
        "pushPlatform": PUSH_PLATFORM,
    }


def account_of(request: Request, sealed: Sealed, told: Json, name: str, push_token: str) -> Account:
    """Return the account that the bank has opened. Raises NotUnderstood."""
    try:
        return Account(
            name=name,
            app_id=request.app_id,
            user_id=text(told, "userId"),
            username=request.username,
            authenticator_id=text(told, "authenticatorId"),
            locked=sealed.locked,
            pin_salt=sealed.salt,
            finger=sealed.finger,
            push_token=push_token,
        )
    except PhoneRefused as refused:
        raise NotUnderstood(f"The bank did not say whose account it is: {refused}.") from refused
