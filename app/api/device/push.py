"""Where a phone is reached by push."""

from flask.typing import ResponseReturnValue

from app.api.device.calls import BEARER, accepted, asked, call, kept, ok, token
from app.api.device.schemas import PushBody, PushRegistration
from app.api.kit import NotValid, parse_json
from app.errors import PushRegistrationFailed
from app.services import services

PLATFORMS = {"ios": "apns", "android": "fcm", "huawei": "hms"}
"""What older apps call the channels."""


@call(
    "/api/push/device/register/token",
    about="Push",
    proof=BEARER,
    asks=PushBody,
    refuses="INVALID_REQUEST PUSH_REGISTRATION_FAILED",
)
def register_push() -> dict[str, object]:
    """Note the address of the phone that asks."""
    bearer = accepted(token())
    with kept():
        try:
            wanted = parse_json(asked(), PushRegistration)
        except NotValid as error:
            raise PushRegistrationFailed(str(error)) from None
        platform = PLATFORMS.get(wanted.platform, wanted.platform)
        services().mtoken.phones.reach(bearer, platform, wanted.token, wanted.environment)
    return ok()


@call(
    "/api/push/device/register",
    about="Push",
    proof=BEARER,
    asks=PushBody,
    refuses="INVALID_REQUEST PUSH_REGISTRATION_FAILED",
)
def register_push_device() -> ResponseReturnValue:
    """Note the address of the phone that asks, by the call's former name."""
    return register_push()
