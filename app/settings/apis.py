"""The APIs: the provider, Next Step, phones and their registrations."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import (
    Field,
    WithJsonSchema,
    model_validator,
)

from app.settings.kit import (
    Attempts,
    Lasting,
    Section,
)


class OauthSettings(Section):
    """Lifetimes of what the provider hands out."""

    code_lifetime: Lasting = timedelta(seconds=60)
    """An authorization code is accepted this long, and once."""

    access_token_lifetime: Lasting = timedelta(minutes=5)
    """How long an access token works."""

    refresh_token_lifetime: timedelta = Field(
        default=timedelta(days=30), gt=timedelta(0), le=timedelta(days=180)
    )
    """How long access may be refreshed after the customer's login, however often it is (RTS art.
    10: 180 days at most)."""

    id_token_lifetime: Lasting = timedelta(minutes=5)
    """How long an ID token is valid."""

    signing_key_lead: timedelta = timedelta(hours=1)
    """How long the next signing key is published before it signs; clients keep the old set for a
    while."""


class MtokenSettings(Section):
    """Phones: how they are registered, and what is believed of them."""

    application: str = Field(default="demo", min_length=1, max_length=256)
    """Id of the application whose phones the portal asks; the demo makes it."""

    registration_lifetime: Lasting = timedelta(minutes=2)
    """A registration that is not active by then is removed."""

    failed_attempts: Attempts = 5
    """Wrong signatures in a row that block a phone."""

    look_ahead: int = Field(default=20, ge=1, le=64)
    """How many codes of a phone may get lost on their way before the next one is not found."""

    request_age: Lasting = timedelta(seconds=60)
    """How far the time of an encrypted request, or of a token ahead of us, may be from ours."""

    old_request_age: Lasting = timedelta(hours=2)
    """How long the requests of protocols 3.0 and 3.1, which carry no time, are remembered: none
    is accepted twice."""

    token_age: Lasting = timedelta(hours=2)
    """How old the time in a token's header may be."""

    temporary_key_lifetime: Lasting = timedelta(minutes=5)
    """How long a phone may encrypt for the same temporary key (protocol 3.3)."""

    proximity_check: bool = False
    """Whether the phone must have read a number, or a QR code, from the page that waits for it."""

    deep_link: str = Field(default="mtoken://confirm", pattern=r"^[a-z][a-z0-9+.\-]*://[^\s?#]*$")
    """What opens the app; the page's QR code has it with the operation and its number."""

    ask_again_after: timedelta = timedelta(seconds=15)
    """How long a customer waits before the phone is asked again."""

    requests_per_hour: int = Field(default=20, ge=1)
    """Requests of people who have proved nothing yet that make one user's phones ring; later ones
    are silent, and three times as many end it: then a code is sent instead."""

    offline: bool = True
    """Whether a phone without a network may scan a QR code and show 16 digits."""

    vault_by_biometry: bool = False
    """Whether biometry opens a phone's vault, too."""


class RegistrationsSettings(Section):
    """What back ends may do with registrations of phones."""

    delete_committed: bool = False
    """Whether `DELETE` of the Cloud API ends a committed registration, too; `PUT` with `REMOVE`
    always does."""


class NevisSettings(Section):
    """The second façade, in the style of Nevis Authentication Cloud."""

    enrollment_lifetime: timedelta = Field(
        default=timedelta(minutes=5), gt=timedelta(0), le=timedelta(days=1)
    )
    """How long an app, a passkey or a telephone number may take to be enrolled."""

    approval_lifetime: timedelta = Field(
        default=timedelta(minutes=2), gt=timedelta(0), le=timedelta(days=1)
    )
    """How long an approval waits for its user."""

    proof_lifetime: timedelta = Field(
        default=timedelta(minutes=5), gt=timedelta(0), le=timedelta(days=1)
    )
    """How long after its end the success of a transaction can be proved, once."""

    intent_lifetime: timedelta = Field(
        default=timedelta(minutes=10), gt=timedelta(0), le=timedelta(hours=1)
    )
    """How long an intent token is good for its one use."""

    authenticators: int = Field(default=10, ge=1, le=64)
    """How many authenticators a user may have; one more is refused."""

    requests_per_hour: int = Field(default=60, ge=1)
    """Approvals and text messages for one user in an hour; more are refused (429)."""


class Fido2Settings(Section):
    """Security keys and passkeys."""

    portal: bool = True
    """Whether customers who have one may sign in and approve with it in the portal; what an
    operation says of the Mobile Token says nothing of passkeys."""

    rp_id: str = ""
    """Domain that passkeys belong to; empty: the host of `public_url`. Passkeys that were made
    for one domain work on no other."""

    rp_name: str = ""
    """What browsers call it; empty: the bank's name."""

    origins: tuple[str, ...] = ()
    """Origins of pages that may ask for passkeys, e.g. `["https://bank.example"]`; empty: that of
    `public_url`, and in the demo the demo client's, too."""

    timeout: timedelta = Field(
        default=timedelta(minutes=5), gt=timedelta(0), le=timedelta(minutes=10)
    )
    """How long browsers are asked to wait for a passkey."""


class NextStepSettings(Section):
    """The API by which the bank's back ends prepare operations."""

    auth: Literal["none", "basic", "oidc"] = "none"
    """`none` lets every caller in: the demo's choice, refused in production; `basic`: system
    users; `oidc`: bearer tokens of an identity provider."""

    trusted_updates: Annotated[bool | None, WithJsonSchema({"type": "boolean"})] = None
    """Whether back ends may confirm steps in which a customer proves something; not set: yes in
    the demo, no in production."""

    oidc_issuer: str = ""
    """`iss` of the tokens; needed when `auth` is `oidc`."""

    oidc_audience: str = ""
    """`aud` that the tokens must name; needed when `auth` is `oidc`."""

    oidc_jwks_url: str = ""
    """Where the issuer publishes its keys; `https`, or this machine; needed for `oidc`."""

    oidc_algorithms: tuple[Literal["ES256", "PS256", "RS256"], ...] = Field(
        default=("ES256", "PS256", "RS256"), min_length=1
    )
    """Signatures that are accepted."""

    oidc_admin_scope: str = "nextstep.admin"
    """Value of `scope` in the tokens of those who may change the configuration."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        named = {
            "OIDC_ISSUER": self.oidc_issuer,
            "OIDC_AUDIENCE": self.oidc_audience,
            "OIDC_JWKS_URL": self.oidc_jwks_url,
        }
        missing = [f"WEBFLOW_NEXTSTEP__{name}" for name, value in named.items() if not value]
        if self.auth == "oidc" and missing:
            raise ValueError(f"set {', '.join(missing)}: tokens could not be checked")
        keys = self.oidc_jwks_url
        local = ("http://localhost:", "http://127.0.0.1:", "http://[::1]:")
        if keys and not keys.startswith(("https://", *local)):
            raise ValueError("WEBFLOW_NEXTSTEP__OIDC_JWKS_URL must be https, or on this machine")
        return self

    def trusts(self, profile: str) -> bool:
        """Tell whether back ends may confirm what a customer proves."""
        return profile == "demo" if self.trusted_updates is None else self.trusted_updates
