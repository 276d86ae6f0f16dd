"""Messages about operations for phones without a network."""

from typing import Self

from pydantic import Field

from app.api.cloud.schemas import Name, RegistrationStatus
from app.api.kit import Schema
from app.mtoken.offline_calls import Answer, Judged

MOST_LIKELY = "POSSESSION_KNOWLEDGE"
"""What is said of digits that nobody has made."""


class OfflineQrRequest(Schema):
    """For which phone, and in which language."""

    registration_id: Name
    language: str = Field(default="en", min_length=1, max_length=16)


class OfflineQr(Schema):
    """What the QR code says, and what comes back with the digits."""

    operation_qr_code_data: str
    nonce: str


class OfflineOtpRequest(Schema):
    """What a person has copied from the phone."""

    otp: str
    """Twice eight digits, `12345678-12345678`."""
    nonce: Name
    """As it was told with the QR code."""
    registration_id: Name

    def answer(self, operation_id: str) -> Answer:
        """Return what is to be judged."""
        return Answer(operation_id, self.registration_id, self.nonce, self.otp)


class OfflineOtpVerdict(Schema):
    """Whether the operation is approved by it."""

    otp_valid: bool
    user_id: str
    registration_id: str
    registration_status: RegistrationStatus
    signature_type: str
    """The factors, e.g. `POSSESSION_KNOWLEDGE`."""
    remaining_attempts: int
    """Wrong digits that the operation, and the phone, still take."""
    flags: list[str]

    @classmethod
    def of(cls, judged: Judged) -> Self:
        """Present what became of the digits."""
        return cls.model_validate(
            {
                "otp_valid": judged.is_valid,
                "user_id": judged.user_id,
                "registration_id": judged.registration_id,
                "registration_status": judged.state,
                "signature_type": judged.kind.value.upper() if judged.kind else MOST_LIKELY,
                "remaining_attempts": judged.remaining,
                "flags": judged.flags,
            }
        )
