"""Messages about registrations."""

from typing import Annotated, Literal, Self

from pydantic import Field, ValidationInfo, field_validator

from app.api.cloud.schemas import (
    NULLABLE,
    Flags,
    Later,
    Moment,
    Name,
    Paging,
    RegistrationStatus,
    Text,
    moment_of,
)
from app.api.kit import Schema, example
from app.mtoken.views import CommitPhase, Moved, Search, Shown, Wish

OtpValidation = Literal["ON_KEY_EXCHANGE", "ON_COMMIT", "NONE"]


class Acting(Schema):
    """Who does something, as the bank's own systems call them."""

    model_config = example({"externalUserId": "teller-7"})

    external_user_id: Text | None = None


class CreateOptions(Schema):
    """What else the address says of a new registration."""

    incomplete_status_check: bool = False
    """Whether to refuse while the user has a registration there that is not finished."""


class CreateRegistrationRequest(Acting):
    """Whose phone is to be registered, and with which app."""

    model_config = example({"userId": "10045678", "appId": "demo"})

    user_id: Name
    app_id: Name
    otp: str | None = Field(default=None, min_length=1, max_length=256)
    """What the person has to know besides the code."""
    commit_phase: CommitPhase | None = None
    """When the registration becomes ACTIVE, and the otp is asked for; ON_COMMIT by default."""
    otp_validation: OtpValidation | None = None
    """The former name of the phase; `commitPhase` wins."""
    flags: Annotated[Flags, NULLABLE] = Field(default_factory=list)
    timestamp_registration_expire: Later | None = None

    @field_validator("otp_validation")
    @classmethod
    def _fits(cls, value: OtpValidation | None, info: ValidationInfo) -> OtpValidation | None:
        has_otp = info.data.get("otp") is not None
        if value is not None and has_otp != (value != "NONE"):
            raise ValueError("there is an otp, or it is NONE")
        return value

    def wish(self, options: CreateOptions) -> Wish:
        """Return what is wanted."""
        former: CommitPhase = (
            "ON_KEY_EXCHANGE" if self.otp_validation == "ON_KEY_EXCHANGE" else "ON_COMMIT"
        )
        return Wish(
            user_id=self.user_id,
            application_id=self.app_id,
            commit_phase=self.commit_phase or former,
            otp=self.otp,
            expires_at=moment_of(self.timestamp_registration_expire),
            flags=self.flags,
            by=self.external_user_id,
            is_alone=options.incomplete_status_check,
        )


class CreateRegistrationResponse(Schema):
    """What the phone needs; the QR code shows `activationQrCodeData`."""

    registration_id: str
    activation_qr_code_data: str
    activation_code: str
    activation_code_signature: str

    @classmethod
    def of(cls, shown: Shown) -> Self:
        """Present a new registration."""
        assert shown.code is not None  # noqa: S101 - it was made a moment ago
        return cls(
            registration_id=shown.id,
            activation_qr_code_data=shown.code.qr_text,
            activation_code=shown.code.code,
            activation_code_signature=shown.code.signature,
        )


class ListRegistrationsRequest(Paging):
    """Which registrations: of a user, or one; removed ones on demand."""

    registration_id: Name | None = None
    userId: Name | None = Field(default=None, validate_default=True)  # noqa: N815 - as it is told
    app_id: Name | None = None
    removed: bool = False

    @field_validator("userId")
    @classmethod
    def _narrow(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and info.data.get("registration_id") is None:
            raise ValueError("userId or registrationId is needed")
        return value

    def search(self) -> Search:
        """Return what is wanted."""
        return Search(
            user_id=self.userId,
            application_id=self.app_id,
            registration_id=self.registration_id,
            with_removed=self.removed,
            offset=self.offset,
            limit=self.size,
        )


class RegistrationDetail(Schema):
    """A registration as it is at this moment."""

    registration_id: str
    registration_status: RegistrationStatus
    blocked_reason: str | None = None
    user_id: str
    application_id: str
    protocol: Literal["powerauth", "app", "fido2"]
    """How it proves itself: `app` and `fido2` by a public key alone (docs/nevis.md)."""
    name: str | None = None
    platform: str | None = None
    device_info: str | None = None
    flags: list[str]
    timestamp_created: Moment
    timestamp_last_used: Moment | None = None
    activation_qr_code_data: str | None = None
    """While no phone has used it, as the code and its signature."""
    activation_code: str | None = None
    activation_code_signature: str | None = None
    activation_fingerprint: str | None = None
    """While it waits for its commit: the digits that the phone shows, too."""

    @classmethod
    def of(cls, shown: Shown) -> Self:
        """Present a registration."""
        code = shown.code
        return cls.model_validate(
            {
                "registration_id": shown.id,
                "registration_status": shown.state,
                "blocked_reason": shown.blocked_reason,
                "user_id": shown.user_id,
                "application_id": shown.application_id,
                "protocol": shown.kind,
                "name": shown.name,
                "platform": shown.platform,
                "device_info": shown.device_info,
                "flags": list(shown.flags),
                "timestamp_created": shown.created_at,
                "timestamp_last_used": shown.last_used_at,
                "activation_qr_code_data": code and code.qr_text,
                "activation_code": code and code.code,
                "activation_code_signature": code and code.signature,
                "activation_fingerprint": (
                    shown.fingerprint if shown.state == "PENDING_COMMIT" else None
                ),
            }
        )


class RegistrationList(Schema):
    """Registrations, the newest first."""

    registrations: list[RegistrationDetail]


class CommitRegistrationRequest(Acting):
    """What the person knows besides, if it was asked for in this phase."""

    otp: str | None = Field(default=None, max_length=256)


class UpdateRegistrationRequest(Acting):
    """What becomes of a registration."""

    model_config = example(
        {"change": "BLOCK", "blockReason": "PHONE_LOST", "externalUserId": "teller-7"}
    )

    change: Literal["BLOCK", "UNBLOCK", "REMOVE"]
    block_reason: Text | None = None
    """Why it is blocked; NOT_SPECIFIED by default."""


class RenameRegistrationRequest(Acting):
    """How the phone is called from now on."""

    model_config = example({"name": "My other phone"})

    name: Name


class RegistrationFlags(Schema):
    """Flags of a registration."""

    model_config = example({"flags": ["VERIFICATION_PENDING"]})

    flags: Flags


class RegistrationMove(Schema):
    """One change of a registration's state."""

    registration_status: str
    reason: str | None = None
    external_user_id: str | None = None
    timestamp_created: Moment

    @classmethod
    def of(cls, moved: Moved) -> Self:
        """Present a change."""
        return cls(
            registration_status=moved.state,
            reason=moved.reason or None,
            external_user_id=moved.external_user_id,
            timestamp_created=moved.created_at,
        )


class RegistrationHistory(Schema):
    """Every change of a registration's state, the oldest first."""

    history: list[RegistrationMove]
