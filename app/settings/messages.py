"""How messages leave the house: to people by SMS and push, to back ends by callbacks."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    Field,
    SecretStr,
    WithJsonSchema,
)

from app.settings.kit import (
    Digits,
    HttpsUrl,
    Lasting,
    PushChannelName,
    Section,
    readable_file,
)


class TwilioSettings(Section):
    """The account at Twilio that sends text messages."""

    account_sid: str = ""
    """Account SID, `AC…`."""

    auth_token: SecretStr = SecretStr("")
    """Auth token of the account, or the secret of `api_key`."""

    api_key: str = ""
    """API key SID, `SK…`; empty: the account SID signs in itself."""

    sender: str = ""
    """Number, short code or alphanumeric sender; or use `messaging_service`."""

    messaging_service: str = ""
    """Messaging service SID, `MG…`; wins over `sender`."""

    base_url: str = "https://api.twilio.com"
    """Where the API answers; another address only for a proxy of yours."""

    timeout: Lasting = timedelta(seconds=10)
    """How long one request may take."""

    @property
    def missing(self) -> list[str]:
        """Names of settings without which nothing can be sent."""
        needed = {
            "ACCOUNT_SID": self.account_sid,
            "AUTH_TOKEN": self.auth_token.get_secret_value(),
            "SENDER": self.sender or self.messaging_service,
        }
        return [f"WEBFLOW_SMS__TWILIO__{name}" for name, value in needed.items() if not value]


class SmsSettings(Section):
    """How codes are made and text messages leave the house."""

    channel: Literal["demo", "twilio"] = "demo"
    """`demo` keeps messages in a table that `/demo/sms` shows; production refuses it."""

    twilio: TwilioSettings = TwilioSettings()
    """Needed when `channel` is `twilio`."""

    code_digits: Digits = 8
    """Length of a code in decimal digits."""

    code_lifetime: Lasting = timedelta(minutes=5)
    """How long a code is accepted after it was made."""

    resend_after: timedelta = timedelta(seconds=60)
    """How long the customer waits before a new code can be asked for."""

    per_hour: int = Field(default=20, ge=1)
    """Messages to one user in an hour, over all flows; a payment takes two."""

    per_day: int = Field(default=60, ge=1)
    """Messages to one user in a day."""


class PushSettings(Section):
    """How pushes leave the house."""

    channel: Annotated[
        PushChannelName | None,
        WithJsonSchema({"enum": ["demo", "providers", "off"], "type": "string"}),
    ] = None
    """`demo` keeps pushes in a table that `/demo/push` shows, and production refuses it;
    `providers` sends by APNs, FCM and HMS with the credentials of each application
    (`flask mtoken push`); `off` makes none: apps ask by themselves. Not set: `demo` in the demo,
    `providers` in production."""

    timeout: timedelta = Field(
        default=timedelta(seconds=5), gt=timedelta(0), le=timedelta(seconds=10)
    )
    """How long a provider may take for each step of a call."""

    ca_file: Annotated[str, AfterValidator(readable_file)] = ""
    """PEM file of the authorities that providers are trusted by; empty: the usual ones."""

    apns_production_url: HttpsUrl = "https://api.push.apple.com"
    """Where APNs answers for apps of the App Store."""

    apns_development_url: HttpsUrl = "https://api.sandbox.push.apple.com"
    """Where APNs answers for apps that developers have installed."""

    fcm_url: HttpsUrl = "https://fcm.googleapis.com"
    """Where FCM answers."""

    fcm_token_url: HttpsUrl = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
    """Where Google gives access tokens out, whatever the service account's file says."""

    hms_url: HttpsUrl = "https://push-api.cloud.huawei.com"
    """Where HMS answers."""

    hms_token_url: HttpsUrl = "https://oauth-login.cloud.huawei.com/oauth2/v3/token"  # noqa: S105 - an address
    """Where Huawei gives access tokens out."""

    def chosen(self, profile: str) -> PushChannelName:
        """Return the channel that is used."""
        return self.channel or ("demo" if profile == "demo" else "providers")


class CallbacksSettings(Section):
    """How integrators are called when an operation or a registration changes."""

    allow_private: Annotated[bool | None, WithJsonSchema({"type": "boolean"})] = None
    """Whether receivers may have private, loopback and link-local addresses. Not set: in the demo
    they may, in production they are refused."""

    timeout: timedelta = Field(
        default=timedelta(seconds=10), ge=timedelta(seconds=1), le=timedelta(seconds=30)
    )
    """How long one call may take from the connection to the status, a token included."""

    connect_timeout: Lasting = timedelta(seconds=3)
    """How long it may take to be connected."""

    parallel: int = Field(default=16, ge=1, le=64)
    """Calls that one worker makes at the same time."""

    parallel_each: int = Field(default=2, ge=1, le=64)
    """Of them, calls of one callback: a slow receiver holds up nobody but itself."""

    longest_backoff: timedelta = timedelta(seconds=32)
    """Waits between attempts grow by half each time, up to this."""

    failure_threshold: int = Field(default=200, ge=-1)
    """Failures in a row after which a callback is called no more; -1: it always is."""

    reset_timeout: timedelta = timedelta(seconds=60)
    """How long after the last of these failures one call tries whether it works again."""

    ca_file: Annotated[str, AfterValidator(readable_file)] = ""
    """PEM file of authorities that receivers are trusted by; empty: those of the system."""

    def allows_private(self, profile: str) -> bool:
        """Tell whether receivers may be in the house's own networks."""
        return profile == "demo" if self.allow_private is None else self.allow_private
