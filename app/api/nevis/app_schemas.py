"""Messages of apps; the names follow FIDO UAF, the rest is ours (docs/nevis.md)."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from app.api.kit import NotValid, Schema, Violation, example
from app.api.nevis.schemas import Id, Token
from app.mtoken.app_answers import NewKey, Proof
from app.mtoken.operation_views import Origin

Short = Annotated[str, StringConstraints(min_length=1, max_length=256)]


class RedeemRequest(Schema):
    """The token of a link, a QR code or a push."""

    model_config = example({"token": "4f9a1c9e-0d53-4a53-9d2e-3c8e7a1f2b60"})

    token: Token


class Header(Schema):
    """Who asks."""

    op: Literal["Reg", "Auth"]
    app_id: str = Field(alias="appID")
    """Address of the instance; it is signed."""
    server_data: str
    """Comes back with the answer."""


class Content(Schema):
    """What the app shows."""

    content_type: Literal["text/plain", "text/html"]
    content: str

    @classmethod
    def of(cls, message: str, *, is_html: bool) -> Self:
        """Present a message."""
        return cls(content_type="text/html" if is_html else "text/plain", content=message)


class UafRequest(Schema):
    """What is asked. The challenge is the hash of transaction and data: the app checks it."""

    header: Header
    transaction_id: str
    data: str
    challenge: str
    username: str | None = None
    user_id: str | None = None
    authenticator_id: str | None = None
    transaction: list[Content]


class RedeemAnswer(Schema):
    """What an app has to answer, and how soon."""

    status_code: int
    op: Literal["Reg", "Auth"]
    lifetime_millis: int
    uaf_request: UafRequest


class AppAnswer(Schema):
    """What an app says: with a signature yes, or no."""

    model_config = example(
        {
            "serverData": "Vb1c…",
            "authenticatorId": "7e16ba00-92e2-4fcb-b30e-1af8fdc843aa",
            "userVerification": "pin",
            "signature": "MEUCIQ…",
        }
    )

    server_data: Token
    rejected: bool = False
    reason: str = Field(default="", max_length=256)
    authenticator_id: Id | None = None
    user_verification: Literal["pin", "biometry"] | None = None
    signature: Annotated[str, StringConstraints(max_length=256)] | None = None
    public_key: Annotated[str, StringConstraints(max_length=128)] | None = None
    name: Short | None = None
    platform: Literal["android", "ios"] | None = None
    user_agent: Short | None = None
    push_token: Annotated[str, StringConstraints(min_length=1, max_length=4096)] | None = None
    push_platform: Literal["apns", "fcm", "hms"] | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not self.rejected and (self.user_verification is None or self.signature is None):
            raise ValueError("userVerification and signature, or rejected")
        return self

    def proof(self, origin: Origin) -> Proof:
        """Return the signature."""
        return Proof(self.user_verification or "pin", self.signature or "", origin)

    def authenticator(self) -> str:
        """Return which authenticator answers. Raises NotValid."""
        return _needed(self.authenticator_id, "authenticatorId")

    def new_key(self) -> NewKey:
        """Return the key of a new app. Raises NotValid."""
        return NewKey(
            public_key=_needed(self.public_key, "publicKey"),
            name=self.name,
            platform=self.platform,
            user_agent=self.user_agent,
            push_platform=self.push_platform,
            push_token=self.push_token,
        )


class AppDone(Schema):
    """It was taken; after a registration with how the app is called from now on."""

    status_code: int
    authenticator_id: str | None = None
    user_id: str | None = None
    username: str | None = None


def _needed(value: str | None, field: str) -> str:
    if value is None:
        raise NotValid([Violation(field, None, "Field required", "missing")])
    return value
