"""Where a phone is reached by push."""

from typing import Literal

from pydantic import Field

from app.api.device.calls import accepted, asked, call, kept, ok, token
from app.api.kit import NotValid, Schema, parse
from app.errors import PushRegistrationFailed
from app.services import services

PLATFORMS = {"ios": "apns", "android": "fcm", "huawei": "hms"}
"""What older apps call the channels."""


class PushRegistration(Schema):
    """The address of a phone."""

    platform: Literal["ios", "android", "huawei", "apns", "fcm", "hms"]
    token: str = Field(min_length=1, max_length=4096)
    environment: Literal["development", "production"] | None = None


@call("/api/push/device/register/token")
def register_push() -> dict[str, object]:
    """Note the address of the phone that asks."""
    bearer = accepted(token())
    with kept():
        try:
            wanted = parse(asked(), PushRegistration)
        except NotValid as error:
            raise PushRegistrationFailed(str(error)) from None
        platform = PLATFORMS.get(wanted.platform, wanted.platform)
        services().mtoken.phones.reach(bearer, platform, wanted.token, wanted.environment)
    return ok()
