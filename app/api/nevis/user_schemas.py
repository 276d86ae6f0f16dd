"""Messages about users and what they have; the enrolment answers with the same user."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, StringConstraints

from app.api.kit import Schema, example
from app.api.nevis.schemas import Username, microseconds
from app.mtoken.phone_numbers import PhoneNumber
from app.mtoken.profiles import Authenticator, Credential, Profile
from app.nextstep.values import disturbing, is_seen


class UserQuery(Schema):
    """Who is looked for."""

    username: Username


class Uaf(Schema):
    """What is known of an app."""

    user_agent: str | None
    device_ref: str | None
    """Apps of ours tell no reference of the device."""
    user_disabled_push_notification: bool
    """Whether no push reaches it."""


class Fido2(Schema):
    """What is known of a passkey."""

    credential_id: str
    aaguid: str
    attestation_format: str
    transports: list[str]
    backed_up: bool
    user_agent: str | None

    @classmethod
    def of(cls, credential: Credential, user_agent: str | None) -> Self:
        """Present a passkey."""
        return cls(
            credential_id=credential.id,
            aaguid=credential.aaguid,
            attestation_format=credential.attestation_format,
            transports=list(credential.transports),
            backed_up=credential.is_backed_up,
            user_agent=user_agent,
        )


class AuthenticatorAnswer(Schema):
    """One app or passkey that was enrolled."""

    authenticator_id: str
    name: str | None
    type: str | None
    """`android` or `ios`, where the app has told."""
    authenticator_type: Literal["app", "fido2"]
    state: str
    """`active`, or `blocked` after too many wrong signatures, or by the bank."""
    enrolled_at: str
    updated_at: str
    uaf: Uaf | None
    fido2: Fido2 | None

    @classmethod
    def of(cls, shown: Authenticator) -> Self:
        """Present an authenticator."""
        app = Uaf(
            user_agent=shown.user_agent,
            device_ref=None,
            user_disabled_push_notification=not shown.is_reachable,
        )
        key = shown.credential
        return cls(
            authenticator_id=shown.id,
            name=shown.name,
            type=shown.platform,
            authenticator_type="fido2" if shown.is_passkey else "app",
            state=shown.state.lower(),
            enrolled_at=microseconds(shown.created_at),
            updated_at=microseconds(shown.changed_at),
            uaf=None if shown.is_passkey else app,
            fido2=None if key is None else Fido2.of(key, shown.user_agent),
        )


class PhoneAnswer(Schema):
    """A telephone number that its owner has confirmed."""

    phone_id: str
    phone: str
    """Without its middle: enough to recognise it by."""
    enrolled_at: str

    @classmethod
    def of(cls, number: PhoneNumber) -> Self:
        """Present a number."""
        return cls(
            phone_id=number.id, phone=number.masked, enrolled_at=microseconds(number.confirmed_at)
        )


class UserAnswer(Schema):
    """A user, and all that they have."""

    user_id: str
    username: str | None
    status: Literal["new", "active"]
    """`active` with at least one means of approval."""
    created_at: str
    updated_at: str
    last_login_date_success: str | None
    """When something was approved last."""
    last_login_date_failure: str | None
    """When an approval was declined, was answered wrongly too often, or ran out of time."""
    authenticators: list[AuthenticatorAnswer]
    phones: list[PhoneAnswer]
    recovery_codes: list[str] | int | None
    """How many still work; the codes themselves in the answer that makes them, and never again."""
    exceeded_rate_limits: list[str]
    """`approval`: asked too often within an hour; `recovery`: too many wrong codes."""

    @classmethod
    def of(cls, profile: Profile, **more: Any) -> Self:  # noqa: ANN401 - fields of heirs
        """Present a user."""
        customer = profile.customer
        moments = {
            "last_login_date_success": profile.last_success,
            "last_login_date_failure": profile.last_failure,
        }
        known: dict[str, Any] = {
            "user_id": customer.id,
            "username": customer.username,
            "status": "active" if profile.is_active else "new",
            "created_at": microseconds(customer.created_at),
            "updated_at": microseconds(customer.updated_at),
            "authenticators": [AuthenticatorAnswer.of(each) for each in profile.authenticators],
            "phones": [PhoneAnswer.of(number) for number in profile.numbers],
            "recovery_codes": profile.recovery_codes,
            "exceeded_rate_limits": list(profile.limits),
        }
        known |= {name: moment and microseconds(moment) for name, moment in moments.items()}
        return cls(**{**known, **more})


def checked_name(name: str) -> str:
    """Refuse a name that nobody could read."""
    if not is_seen(name) or "\n" in name or disturbing(name):
        raise ValueError("is not a name")
    return name


class RenameRequest(Schema):
    """How its owner calls it."""

    model_config = example({"name": "My phone"})

    name: Annotated[
        str, StringConstraints(min_length=1, max_length=256), AfterValidator(checked_name)
    ]
