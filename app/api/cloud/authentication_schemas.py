"""Messages about signatures and tokens of phones."""

import base64
import binascii
from typing import Annotated, Literal, Self
from urllib.parse import urlencode

from pydantic import Field, field_validator

from app.api.cloud.schemas import Name, RegistrationStatus
from app.api.kit import Schema
from app.mtoken.checking import Checked, SignedRequest

Base64 = Annotated[
    str,
    Field(
        json_schema_extra={
            "pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
        }
    ),
]
"""What the check below takes, for the document."""


class VerifySignatureRequest(Schema):
    """A request as the phone has signed it."""

    method: Literal["GET", "POST", "PUT", "DELETE"]
    uri_id: Name
    """What the phone signs in the place of the address."""
    auth_header: str
    """The whole `X-PowerAuth-Authorization`."""
    request_body: Base64 | None = None
    """The bytes of the body as Base64; a GET has none."""
    query_params: Annotated[dict[str, str], Field(max_length=64)] | None = None
    """Of a GET, in any order: they are put into the one that is signed."""

    @field_validator("request_body")
    @classmethod
    def _is_base64(cls, value: str | None) -> str | None:
        try:
            base64.b64decode(value or "", validate=True)
        except (binascii.Error, ValueError):
            raise ValueError("must be Base64") from None
        return value

    def asked(self) -> SignedRequest:
        """Return what is to be judged."""
        if self.method == "GET":
            query = urlencode(self.query_params or {})
            return SignedRequest(self.auth_header, self.method, self.uri_id, query=query)
        body = base64.b64decode(self.request_body or "")
        return SignedRequest(self.auth_header, self.method, self.uri_id, body)


class SignatureVerdict(Schema):
    """Whether it was signed; a phone that the caller does not see looks like a removed one."""

    signature_valid: bool
    user_id: str | None = None
    registration_id: str
    registration_status: RegistrationStatus
    signature_type: str
    """The factors, e.g. `POSSESSION_KNOWLEDGE`."""
    remaining_attempts: int
    """Wrong signatures until the phone is blocked."""

    @classmethod
    def of(cls, checked: Checked) -> Self:
        """Present what became of a signature."""
        return cls.model_validate(
            {
                "signature_valid": checked.is_valid,
                "user_id": checked.user_id,
                "registration_id": checked.registration_id,
                "registration_status": checked.state,
                "signature_type": checked.kind,
                "remaining_attempts": checked.remaining,
            }
        )


class VerifyTokenRequest(Schema):
    """What a phone has sent instead of a signature."""

    auth_header: str
    """The whole `X-PowerAuth-Token`."""


class TokenVerdict(Schema):
    """Whether it is right; whose phone it is, if there is such a token at all."""

    token_valid: bool
    user_id: str | None = None
    registration_id: str | None = None
    registration_status: RegistrationStatus | None = None
    signature_type: str | None = None
    """The factors with which the token was made."""

    @classmethod
    def of(cls, checked: Checked) -> Self:
        """Present what became of a token."""
        return cls.model_validate(
            {
                "token_valid": checked.is_valid,
                "user_id": checked.user_id,
                "registration_id": checked.registration_id,
                "registration_status": checked.state,
                "signature_type": checked.kind,
            }
        )
