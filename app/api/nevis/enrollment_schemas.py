"""Messages of enrolments."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from app.api.kit import example
from app.api.nevis.fido2_schemas import CreationBegun, DisplayName, Fido2Options
from app.api.nevis.schemas import AppBegun, Begun, Named, Username
from app.api.nevis.text_messages import Number, checked_text
from app.api.nevis.user_schemas import UserAnswer


class EnrollmentRequest(Named):
    """Who gets what; without a name the user is known by our id alone.

    `phone` and `message` (GSM-7, with `{{CODE}}` where the code stands) are for channel `sms`.
    """

    model_config = example({"username": "u12345"})

    channel: Literal["app", "push", "sms", "fido2", "recovery"] = "app"
    display_name: DisplayName | None = None
    """What an authenticator shows of the user; needed for `fido2`."""
    fido2_options: Fido2Options = Fido2Options()
    phone: Number | None = None
    message: Annotated[str, AfterValidator(checked_text)] | None = None
    recovery_username: Username | None = Field(default=None, alias="recovery_username")
    """The same as `username`, for channel `recovery`."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.channel == "sms" and self.phone is None:
            raise ValueError("phone is needed")
        if self.channel == "fido2" and self.display_name is None:
            raise ValueError("displayName is needed for channel fido2")
        if self.channel == "fido2" and self.username is None:
            raise ValueError("username is needed for channel fido2")
        if self.recovery_username is not None:
            if {self.username, self.user_id} != {None}:
                raise ValueError("username or recovery_username, not both")
            self.username = self.recovery_username
        return self


class EnrolledUser(UserAnswer):
    """The user as they are at this moment, and what was begun."""

    enrollment: AppBegun | CreationBegun | Begun | None = None
