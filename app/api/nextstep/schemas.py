"""Messages about operations, inside their envelope (spec appendix A)."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, Strict, StringConstraints, field_serializer

from app.api.kit import Schema, example, parse
from app.flows.views import NewOperation, Operation, Update
from app.nextstep.vocabulary import Instrument, Step

Name = Annotated[str, StringConstraints(min_length=2, max_length=256)]
Id = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Data = Annotated[str, StringConstraints(max_length=256)]
Count = Annotated[int, Strict(), Field(gt=0, le=2**31 - 1)]
Flag = Annotated[bool, Strict()]
AuthResult = Literal["CONTINUE", "FAILED", "DONE"]
AccountStatus = Literal["ACTIVE", "NOT_ACTIVE"]

INSTANT = "%Y-%m-%dT%H:%M:%S%z"
MAX_EXTRAS = 64


def _nothing_is_empty(value: object) -> object:
    return [] if value is None else value


OrNothing = BeforeValidator(_nothing_is_empty)
"""Null means an empty list, as Next Step has it."""


class AuthStepResult(StrEnum):
    """What a back end says of a step."""

    CONFIRMED = "CONFIRMED"
    CANCELED = "CANCELED"
    AUTH_FAILED = "AUTH_FAILED"
    AUTH_METHOD_FAILED = "AUTH_METHOD_FAILED"
    AUTH_METHOD_CHOSEN = "AUTH_METHOD_CHOSEN"
    AUTH_METHOD_DOWNGRADE = "AUTH_METHOD_DOWNGRADE"


# --- requests --------------------------------------------------------------------------------


class KeyValueParameter(Schema):
    """A value under a free name."""

    key: Id
    value: str | None = Field(default=None, max_length=4000)


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

    model_config = example(
        {
            "operationName": "authorize_payment_sca",
            "operationData": "A1*A100CZK*Q238400856/0300**D20170629*NUtility Bill Payment",
            "applicationContext": {
                "id": "democlient",
                "name": "Demo application",
                "description": "Web Flow demo application",
                "originalScopes": ["pisp"],
                "extras": {"applicationOwner": "Wultra"},
            },
        }
    )

    operation_name: Name
    operation_id: Id | None = None
    operation_data: Data
    operation_name_external: Name | None = None
    user_id: Id | None = None
    organization_id: Name | None = None
    external_transaction_id: Id | None = None
    params: list[KeyValueParameter] | None = Field(default=None, max_length=MAX_EXTRAS)
    form_data: dict[str, Any] | None = None
    application_context: ApplicationContext | None = None

    def wish(self) -> NewOperation:
        """Return it as the service understands it; the context may stand inside the form data."""
        inside = parse(self.form_data or {}, FormDataWithContext, place="formData")
        context = self.application_context or inside.application_context
        form = {k: v for k, v in (self.form_data or {}).items() if k != "applicationContext"}
        return NewOperation(
            operation_name=self.operation_name,
            operation_data=self.operation_data,
            form_data=form or None,
            application=context.model_dump(by_alias=True) if context else None,
            operation_id=self.operation_id,
            params=[param.model_dump(by_alias=True) for param in self.params or ()],
            user_id=self.user_id,
            organization_id=self.organization_id,
            external_operation_name=self.operation_name_external,
            external_transaction_id=self.external_transaction_id,
        )


class SignatureContext(Schema):
    """What the phone's signature was like."""

    signature_type: Data | None = None
    remaining_attempts: int | None = Field(default=None, ge=0, le=2**31 - 1)
    blocked: Flag | None = None


class UpdateOperationRequest(Schema):
    """What `PUT /operation` says of a step."""

    model_config = example(
        {
            "operationId": "7c1e9f52-3a0d-4a8e-9b61-5d2f8f0c4b11",
            "userId": "10045678",
            "authMethod": "CONSENT",
            "authStepResult": "CONFIRMED",
        }
    )

    operation_id: Id
    user_id: Id | None = None
    organization_id: Name | None = None
    auth_method: Step | None = None
    auth_instruments: Annotated[list[Instrument], OrNothing] = Field(
        default_factory=list, max_length=MAX_EXTRAS
    )
    auth_step_result: AuthStepResult | None = None
    target_auth_method: Step | None = None
    auth_step_result_description: Name | None = None
    params: Annotated[list[KeyValueParameter], OrNothing] = Field(
        default_factory=list, max_length=MAX_EXTRAS
    )
    application_context: ApplicationContext | None = None
    authentication_id: str | None = Field(default=None, min_length=36, max_length=36)
    authentication_context: SignatureContext | None = None

    def wish(self, caller: str) -> Update:
        """Return it as the service understands it."""
        application, context = self.application_context, self.authentication_context
        return Update(
            operation_id=self.operation_id,
            caller=caller,
            step=self.auth_method,
            result=self.auth_step_result.value if self.auth_step_result else None,
            target=self.target_auth_method,
            description=self.auth_step_result_description,
            instruments=tuple(dict.fromkeys(self.auth_instruments)),
            user_id=self.user_id,
            organization_id=self.organization_id,
            application=application.model_dump(by_alias=True) if application else None,
            context=context.model_dump(by_alias=True) if context else None,
        )


class UpdateOperationUserRequest(Schema):
    """Whose operation it is."""

    model_config = example(
        {"operationId": "7c1e9f52-3a0d-4a8e-9b61-5d2f8f0c4b11", "userId": "10045678"}
    )

    operation_id: Id
    user_id: Id
    organization_id: Name | None = None
    account_status: AccountStatus | None = None


class UserInput(Schema):
    """The one part of the form data that can change; everything else of it is ignored."""

    user_input: dict[str, Any] | None = None


class UpdateFormDataRequest(Schema):
    """What the user put in."""

    operation_id: Id
    form_data: UserInput


class UpdateChosenAuthMethodRequest(Schema):
    """Which of the steps on offer was chosen."""

    operation_id: Id
    chosen_auth_method: Step


class UpdateApplicationContextRequest(Schema):
    """Who the operation is for."""

    operation_id: Id
    application_context: ApplicationContext


class UpdateMobileTokenRequest(Schema):
    """Whether a phone is asked."""

    operation_id: Id
    mobile_token_active: Flag = False


class GetMobileTokenConfigRequest(Schema):
    """Whose phone could be asked, for which step."""

    user_id: Id
    operation_name: Name
    auth_method: Step


class GetOperationDetailRequest(Schema):
    """Which operation."""

    model_config = example({"operationId": "7c1e9f52-3a0d-4a8e-9b61-5d2f8f0c4b11"})

    operation_id: Id


class GetPendingOperationsRequest(Schema):
    """Whose running operations."""

    user_id: Id
    mobile_token_only: bool = False


class LookupOperationsByExternalIdRequest(Schema):
    """Which operations, by the back end's own id."""

    external_transaction_id: Id


# --- answers ---------------------------------------------------------------------------------


class AuthStep(Schema):
    """A step that may come next."""

    auth_method: str
    params: list[KeyValueParameter] = Field(default_factory=list)


class HistoryEntry(Schema):
    """One step that was taken."""

    auth_method: str
    auth_result: AuthResult
    request_auth_step_result: str
    auth_step_result_description: str | None = None
    mobile_token_active: bool = False
    power_auth_operation_id: str | None = None
    pa_authentication_context: dict[str, Any] | None = None


class OperationAnswer(Schema):
    """What all answers about an operation have in common."""

    operation_id: str
    operation_name: str
    organization_id: str | None
    operation_name_external: str | None
    external_transaction_id: str | None
    result: AuthResult
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
    """A new operation."""

    @classmethod
    def of(cls, operation: Operation) -> "CreateOperationResponse":
        """Present a new operation."""
        return cls.model_validate(cls._common(operation))


class UpdateOperationResponse(OperationAnswer):
    """An operation after an update."""

    user_id: str | None
    chosen_auth_method: str | None
    mobile_token_active: bool = False
    power_auth_operation_id: str | None = None

    @classmethod
    def of(cls, operation: Operation) -> "UpdateOperationResponse":
        """Present an operation after an update."""
        more = {
            "user_id": operation.user_id,
            "chosen_auth_method": operation.chosen_step,
            "mobile_token_active": operation.phone_operation_id is not None,
            "power_auth_operation_id": operation.phone_operation_id,
        }
        return cls.model_validate({**cls._common(operation), **more})


class GetOperationDetailResponse(OperationAnswer):
    """An operation with its history."""

    user_id: str | None
    account_status: AccountStatus | None
    history: list[HistoryEntry]
    afs_actions: list[Any] = Field(default_factory=list)
    chosen_auth_method: str | None
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
                pa_authentication_context=dict(record.context) if record.context else None,
            )
            for record in operation.history
        ]
        if history and operation.phone_operation_id is not None:
            history[-1].mobile_token_active = True
            history[-1].power_auth_operation_id = operation.phone_operation_id
        return cls.model_validate(
            {
                **cls._common(operation),
                "user_id": operation.user_id,
                "account_status": operation.account_status,
                "history": history,
                "chosen_auth_method": operation.chosen_step,
                "remaining_attempts": operation.remaining_attempts,
                "application_context": operation.application,
            }
        )


class LookupOperationsByExternalIdResponse(Schema):
    """All operations with one external id."""

    operations: list[GetOperationDetailResponse]


class GetMobileTokenConfigResponse(Schema):
    """Whether a phone could be asked."""

    mobile_token_enabled: bool
