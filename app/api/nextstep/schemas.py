"""Messages of Next Step, inside their envelope (spec appendix A)."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, StringConstraints, field_serializer

from app.api.kit import Schema
from app.flows.views import NewOperation, Operation

Name = Annotated[str, StringConstraints(min_length=2, max_length=256)]
Id = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Data = Annotated[str, StringConstraints(max_length=256)]

INSTANT = "%Y-%m-%dT%H:%M:%S%z"
MAX_EXTRAS = 64


class ApplicationContext(Schema):
    """The third party that an operation is for."""

    id: Id
    name: Name
    description: Name | None = None
    original_scopes: list[Name] = Field(default_factory=list, max_length=MAX_EXTRAS)
    extras: dict[str, Any] = Field(default_factory=dict, max_length=MAX_EXTRAS)


class FormDataWithContext(Schema):
    """The one part of the form data that is not about the form."""

    application_context: ApplicationContext | None = None


class CreateOperationRequest(Schema):
    """What `POST /operation` asks for."""

    operation_name: Name
    operation_id: Id | None = None
    operation_data: Data
    operation_name_external: Name | None = None
    user_id: Id | None = None
    organization_id: Name | None = None
    external_transaction_id: Id | None = None
    params: list[Any] | None = Field(default=None, max_length=MAX_EXTRAS)
    form_data: dict[str, Any] | None = None
    application_context: ApplicationContext | None = None

    def wish(self) -> NewOperation:
        """Return it as the service understands it; the context may stand inside the form data."""
        inside = FormDataWithContext.model_validate(self.form_data or {}).application_context
        context = self.application_context or inside
        form = {k: v for k, v in (self.form_data or {}).items() if k != "applicationContext"}
        return NewOperation(
            operation_name=self.operation_name,
            operation_data=self.operation_data,
            form_data=form or None,
            application=context.model_dump(by_alias=True) if context else None,
            operation_id=self.operation_id,
            params=self.params or [],
            user_id=self.user_id,
            organization_id=self.organization_id,
            external_operation_name=self.operation_name_external,
            external_transaction_id=self.external_transaction_id,
        )


class GetOperationDetailRequest(Schema):
    """What `POST /operation/detail` asks for."""

    operation_id: Id


class AuthStep(Schema):
    """A step that may come next."""

    auth_method: str
    params: list[Any] = Field(default_factory=list)


class HistoryEntry(Schema):
    """One step that was taken."""

    auth_method: str
    auth_result: str
    request_auth_step_result: str
    auth_step_result_description: str | None = None
    mobile_token_active: bool = False


class OperationAnswer(Schema):
    """What both answers have in common."""

    operation_id: str
    operation_name: str
    organization_id: str | None
    operation_name_external: str | None
    external_transaction_id: str | None
    result: str
    result_description: str | None
    timestamp_created: datetime
    timestamp_expires: datetime
    operation_data: str
    steps: list[AuthStep]
    form_data: dict[str, Any]

    @field_serializer("timestamp_created", "timestamp_expires")
    def _instant(self, moment: datetime) -> str:
        return moment.strftime(INSTANT)

    @classmethod
    def _common(cls, operation: Operation) -> dict[str, Any]:
        return {
            "operation_id": operation.id,
            "operation_name": operation.name,
            "organization_id": operation.organization_id,
            "operation_name_external": operation.external_operation_name,
            "external_transaction_id": operation.external_transaction_id,
            "result": operation.result,
            "result_description": operation.reason or None,
            "timestamp_created": operation.created_at,
            "timestamp_expires": operation.expires_at,
            "operation_data": operation.data,
            "steps": [AuthStep(auth_method=step) for step in operation.steps],
            "form_data": operation.form_data,
        }


class CreateOperationResponse(OperationAnswer):
    """What `POST /operation` answers."""

    @classmethod
    def of(cls, operation: Operation) -> "CreateOperationResponse":
        """Present a new operation."""
        return cls.model_validate(cls._common(operation))


class GetOperationDetailResponse(OperationAnswer):
    """What `/operation/detail` answers."""

    user_id: str | None
    history: list[HistoryEntry]
    afs_actions: list[Any] = Field(default_factory=list)
    remaining_attempts: int | None
    application_context: dict[str, Any] | None

    @classmethod
    def of(cls, operation: Operation) -> "GetOperationDetailResponse":
        """Present an operation with its history."""
        history = [
            HistoryEntry(
                auth_method=record.step,
                auth_result=record.result,
                request_auth_step_result=record.step_result,
                auth_step_result_description=record.reason or None,
            )
            for record in operation.history
        ]
        return cls.model_validate(
            {
                **cls._common(operation),
                "user_id": operation.user_id,
                "history": history,
                "remaining_attempts": operation.remaining_attempts,
                "application_context": operation.application,
            }
        )
