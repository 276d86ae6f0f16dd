"""Messages about operations."""

import json
from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationInfo, field_validator

from app.api.cloud.schemas import NULLABLE, Later, Moment, Name, Paging, Switch, Text, moment_of
from app.api.kit import Schema, example
from app.mtoken.operation_views import NewOperation, Operation, OperationSearch
from app.mtoken.wording import DEFAULT

Parameters = Annotated[dict[Name, Annotated[str, Field(max_length=4096)]], Field(max_length=64)]
Language = Annotated[str, Field(min_length=1, max_length=16), NULLABLE]

MOST_ADDITIONAL = 16_384
"""Characters: lists carry this of every operation."""


class CreateOperationRequest(Schema):
    """What is to be approved, and by whom."""

    model_config = example(
        {
            "userId": "10045678",
            "template": "payment",
            "language": "en",
            "parameters": {
                "amount": "1000000000.00",
                "currency": "EUR",
                "iban": "CZ5508000000001234567899",
            },
        }
    )

    template: Name
    user_id: Name | None = None
    """Empty: whoever claims it first."""
    language: Language = DEFAULT
    """Of the first push; the app shows its own."""
    external_id: Text | None = None
    flag: Name | None = None
    """Only registrations with this flag see it."""
    timestamp_expires: Later | None = None
    """The end; by default as the template says."""
    parameters: Annotated[Parameters, NULLABLE] = Field(default_factory=dict)
    """What the template puts in its places; others are kept."""
    proximity_check_enabled: bool | None = None
    silent: Switch = False
    """Whether there is no push that people see."""
    registration_id: Name | None = None
    """The only phone that may approve it."""
    additional_data: Annotated[dict[str, object], NULLABLE] = Field(default_factory=dict)

    @field_validator("additional_data")
    @classmethod
    def _short(cls, value: dict[str, object]) -> dict[str, object]:
        if len(json.dumps(value)) > MOST_ADDITIONAL:
            raise ValueError(f"must be at most {MOST_ADDITIONAL} characters of JSON")
        return value

    def new(self, applications: frozenset[str]) -> NewOperation:
        """Return what is wanted, for the phones of the caller's applications."""
        return NewOperation(
            template=self.template,
            applications=sorted(applications),
            user_id=self.user_id,
            parameters=self.parameters,
            language=self.language,
            expires_at=moment_of(self.timestamp_expires),
            external_id=self.external_id,
            registration_id=self.registration_id,
            flag=self.flag,
            proximity_check=self.proximity_check_enabled,
            silent=self.silent,
            additional_data=self.additional_data,
            needs_phone=True,
        )


class OperationDetail(Schema):
    """An operation as it is at this moment."""

    operation_id: str
    user_id: str | None = None
    status: Literal["PENDING", "APPROVED", "REJECTED", "FAILED", "CANCELED", "EXPIRED"]
    status_reason: str | None = None
    template: str
    operation_type: str
    external_id: str | None = None
    data: str
    """What is signed."""
    parameters: dict[str, str]
    additional_data: dict[str, object] | None = None
    failure_count: int
    max_failure_count: int
    timestamp_created: Moment
    timestamp_expires: Moment
    timestamp_finalized: Moment | None = None
    proximity_otp: str | None = None
    """What the page shows to the phone beside it; another one every 30 seconds."""

    @classmethod
    def of(
        cls, operation: Operation, proximity_otp: str | None = None, *, is_new: bool = False
    ) -> Self:
        """Present an operation; a new one has no additional data to tell."""
        return cls.model_validate(
            {
                "operation_id": operation.id,
                "user_id": operation.user_id,
                "status": operation.status,
                "status_reason": operation.status_reason,
                "template": operation.template,
                "operation_type": operation.operation_type,
                "external_id": operation.external_id,
                "data": operation.data,
                "parameters": dict(operation.parameters),
                "additional_data": None if is_new else dict(operation.additional_data),
                "failure_count": operation.failures,
                "max_failure_count": operation.max_failures,
                "timestamp_created": operation.created_at,
                "timestamp_expires": operation.expires_at,
                "timestamp_finalized": operation.finished_at,
                "proximity_otp": proximity_otp,
            }
        )


class ListOperationsRequest(Paging):
    """Which operations: of a user, or with an id of the caller's."""

    external_id: Name | None = None
    userId: Name | None = Field(default=None, validate_default=True)  # noqa: N815 - as it is told

    @field_validator("userId")
    @classmethod
    def _narrow(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and info.data.get("external_id") is None:
            raise ValueError("userId or externalId is needed")
        return value

    def search(self) -> OperationSearch:
        """Return what is wanted."""
        return OperationSearch(self.userId, self.external_id, self.offset, self.size)


class OperationList(Schema):
    """Operations, the newest first."""

    operations: list[OperationDetail]

    @classmethod
    def of(cls, found: Sequence[Operation]) -> Self:
        """Present operations, without the one-time passwords of their pages."""
        return cls(operations=[OperationDetail.of(operation) for operation in found])


class CancelOptions(Schema):
    """Why an operation is withdrawn: a code of the caller's."""

    status_reason: str | None = Field(default=None, max_length=32)
