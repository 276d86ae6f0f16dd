"""Messages of approvals."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, StringConstraints, model_validator

from app.api.kit import example
from app.api.nevis.messages import LONGEST, checked_message
from app.api.nevis.schemas import Begun, Named, QrCode
from app.api.nevis.text_messages import checked_text

Message = Annotated[
    str, StringConstraints(min_length=1, max_length=LONGEST), AfterValidator(checked_message)
]
AuthenticatorId = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class ApprovalRequest(Named):
    """Who is asked, how, and what; a code by `sms` is sent back by a verification.

    With channel `app`, whoever scans the code is asked if nobody is named.

    `authenticatorId`: the one to be asked, the last registered by default, `*` any (`app` alone).
    """

    model_config = example({"username": "u12345", "message": "Pay 100 CZK?", "prompt": True})

    channel: Literal["push", "app", "sms", "fido2"] = "push"
    authenticator_id: AuthenticatorId | None = None
    prompt: bool = False
    message: Message | None = None
    notification_message: Message | None = None
    """What the push says; by default that something waits."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.prompt and self.message is None and self.channel in ("push", "app"):
            raise ValueError("a prompt needs a message")
        named = self.username is not None or self.user_id is not None
        if self.channel in ("push", "sms") and not named:
            raise ValueError("username or userId is needed")
        if not named and self.authenticator_id not in (None, "*"):
            raise ValueError("authenticatorId needs username or userId")
        if self.channel != "app" and self.authenticator_id == "*":
            raise ValueError("any authenticator only by channel app")
        if self.channel == "sms" and self.message is not None:
            checked_text(self.message)
        return self


class Approval(Begun):
    """How to follow an approval, and how an app or a browser is led to it."""

    qr_code: QrCode | None = None
    app_link_uri: str | None = None
    credential_request_options: dict[str, object] | None = None
    """For `navigator.credentials.get`."""
