"""Messages of verifications."""

from typing import Annotated, Literal, Self

from pydantic import StringConstraints, model_validator

from app.api.kit import Schema, example
from app.api.nevis.schemas import Token


class VerificationRequest(Schema):
    """A code: of a text message with the token of its transaction, or one on paper."""

    model_config = example({"code": "aD3d-Ef6h-Jk9m-Nq2r", "channel": "recovery"})

    code: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    channel: Literal["sms", "recovery"] = "sms"
    status_token: Token | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.channel == "sms" and self.status_token is None:
            raise ValueError("statusToken, or channel recovery")
        return self
