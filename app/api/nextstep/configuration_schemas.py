"""Messages about the configuration, inside their envelope (spec appendix A)."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_serializer

from app.api.kit import NotValid, Schema, Violation
from app.api.nextstep.schemas import INSTANT, AuthResult, Count, Flag, Id, Name
from app.flows.applications import Application
from app.flows.definitions import CONTINUE, RequestType, StepDefinition
from app.flows.shipped import TWO_FACTORS, AuthMethod, OperationConfig, Segment
from app.nextstep.vocabulary import Result, Step

Attempts = Annotated[int, Field(strict=True, gt=0, le=20)]
"""How often a step may be tried: as in the settings, at most 20 times."""

Template = Annotated[int, Field(strict=True, ge=1, le=2)]
"""1: payment, 2: login."""


class Nothing(Schema):
    """A request that says nothing."""


# --- step definitions ------------------------------------------------------------------------


class DeleteStepDefinitionRequest(Schema):
    """Which line of a table."""

    step_definition_id: Count


class CreateStepDefinitionRequest(DeleteStepDefinitionRequest):
    """One line of a table: after this step and result (or at CREATE) comes that."""

    operation_name: Name
    operation_request_type: RequestType
    request_auth_method: Step | None = None
    request_auth_step_result: Result | None = None
    response_priority: Count
    response_auth_method: Step | None = None
    response_result: AuthResult

    def line(self) -> StepDefinition:
        """Return it as the service understands it. Raises NotValid for parts that clash."""
        faults = []
        is_update = self.operation_request_type is RequestType.UPDATE
        for name in ("request_auth_method", "request_auth_step_result"):
            if (getattr(self, name) is not None) != is_update:
                hint = "must be given for UPDATE" if is_update else "must be left out for CREATE"
                faults.append(_fault(name, hint))
        goes_on = self.response_result == CONTINUE
        if goes_on and self.response_auth_method is None:
            faults.append(_fault("response_auth_method", "must be given for CONTINUE"))
        if faults:
            raise NotValid(faults)
        return StepDefinition(
            id=self.step_definition_id,
            operation=self.operation_name,
            type=self.operation_request_type,
            step=self.request_auth_method,
            result=self.request_auth_step_result,
            priority=self.response_priority,
            next=self.response_auth_method,
            outcome=self.response_result,
        )

    @classmethod
    def of(cls, line: StepDefinition) -> Self:
        """Present a line."""
        return cls(
            step_definition_id=line.id,
            operation_name=line.operation,
            operation_request_type=line.type,
            request_auth_method=line.step,
            request_auth_step_result=line.result,
            response_priority=line.priority,
            response_auth_method=line.next,
            response_result=line.outcome,
        )


class GetStepDefinitionListRequest(Schema):
    """Which tables; without a name all of them."""

    operation_name: Name | None = None


class GetStepDefinitionListResponse(Schema):
    """Lines of tables, by their numbers."""

    step_definitions: list[CreateStepDefinitionRequest]


# --- operations ------------------------------------------------------------------------------


class OperationName(Schema):
    """Which operation."""

    operation_name: Name


class CreateOperationConfigRequest(OperationName):
    """What an operation is, and how long it lives."""

    template_version: Id = "A"
    template_id: Template
    mobile_token_enabled: Flag = False
    mobile_token_mode: Name = TWO_FACTORS
    afs_enabled: Flag = False
    afs_config_id: Name | None = None
    expiration_time: Count | None = None
    """Seconds."""

    def config(self) -> OperationConfig:
        """Return it as the service understands it."""
        return OperationConfig(
            name=self.operation_name,
            template_id=self.template_id,
            template_version=self.template_version,
            mobile_token_enabled=self.mobile_token_enabled,
            mobile_token_mode=self.mobile_token_mode,
            afs_enabled=self.afs_enabled,
            afs_config_id=self.afs_config_id,
            expiration_seconds=self.expiration_time,
        )

    @classmethod
    def of(cls, config: OperationConfig) -> Self:
        """Present an operation."""
        return cls(
            operation_name=config.name,
            template_version=config.template_version,
            template_id=config.template_id,
            mobile_token_enabled=config.mobile_token_enabled,
            mobile_token_mode=config.mobile_token_mode,
            afs_enabled=config.afs_enabled,
            afs_config_id=config.afs_config_id,
            expiration_time=config.expiration_seconds,
        )


class GetOperationConfigListResponse(Schema):
    """All operations."""

    operation_configs: list[CreateOperationConfigRequest]


class OperationMethod(OperationName):
    """Which step of which operation."""

    auth_method: Step


class OperationMethodConfig(OperationMethod):
    """How often the step may be tried."""

    max_auth_fails: Attempts


# --- steps -----------------------------------------------------------------------------------


class AuthMethodName(Schema):
    """Which step."""

    auth_method: Step


class AuthMethodDetail(AuthMethodName):
    """What a step is."""

    order_number: Count
    check_user_prefs: Flag
    user_prefs_column: Annotated[int, Field(strict=True, ge=1, le=5)] | None = None
    user_prefs_default: Flag | None = None
    check_auth_fails: Flag
    max_auth_fails: Attempts | None = None
    has_user_interface: Flag
    has_mobile_token: Flag
    display_name_key: Id | None = None

    def method(self) -> AuthMethod:
        """Return it as the service understands it."""
        return AuthMethod(
            self.auth_method,
            self.order_number,
            self.display_name_key,
            checks_fails=self.check_auth_fails,
            max_fails=self.max_auth_fails,
            checks_preferences=self.check_user_prefs,
            preferences_column=self.user_prefs_column,
            preferences_default=self.user_prefs_default,
            has_user_interface=self.has_user_interface,
            has_mobile_token=self.has_mobile_token,
        )

    @classmethod
    def of(cls, method: AuthMethod) -> Self:
        """Present a step."""
        return cls(
            auth_method=method.step,
            order_number=method.order,
            check_user_prefs=method.checks_preferences,
            user_prefs_column=method.preferences_column,
            user_prefs_default=method.preferences_default,
            check_auth_fails=method.checks_fails,
            max_auth_fails=method.max_fails,
            has_user_interface=method.has_user_interface,
            has_mobile_token=method.has_mobile_token,
            display_name_key=method.display_name_key,
        )


class GetAuthMethodsResponse(Schema):
    """All steps, in their order."""

    auth_methods: list[AuthMethodDetail]


# --- organizations ---------------------------------------------------------------------------


class OrganizationName(Schema):
    """Which organization."""

    organization_id: Name


class Organization(OrganizationName):
    """A segment of customers."""

    display_name_key: Id | None = None
    is_default: Flag = False
    order_number: Count
    default_credential_name: Name | None = None
    default_otp_name: Name | None = None

    def segment(self) -> Segment:
        """Return it as the service understands it."""
        return Segment(
            self.organization_id,
            self.display_name_key,
            self.is_default,
            self.order_number,
            self.default_credential_name,
            self.default_otp_name,
        )

    @classmethod
    def of(cls, segment: Segment) -> Self:
        """Present an organization."""
        return cls(
            organization_id=segment.id,
            display_name_key=segment.name_key,
            is_default=segment.default,
            order_number=segment.order,
            default_credential_name=segment.credential_name,
            default_otp_name=segment.otp_name,
        )


class GetOrganizationListResponse(Schema):
    """All organizations, in their order."""

    organizations: list[Organization]


# --- applications ----------------------------------------------------------------------------

ApplicationStatus = Literal["ACTIVE", "REMOVED"]


class ApplicationName(Schema):
    """Which application."""

    application_name: Name


class CreateApplicationRequest(ApplicationName):
    """A new application."""

    description: Name | None = None


class UpdateApplicationRequest(CreateApplicationRequest):
    """Another description; ACTIVE brings a removed one back."""

    application_status: ApplicationStatus | None = None


class ApplicationAnswer(CreateApplicationRequest):
    """An application after a change."""

    application_status: ApplicationStatus

    @classmethod
    def of(cls, application: Application) -> Self:
        """Present an application."""
        return cls.model_validate(cls._common(application))

    @classmethod
    def _common(cls, application: Application) -> dict[str, Any]:
        return {
            "application_name": application.name,
            "application_status": application.status,
            "description": application.description,
            "timestamp_created": application.created_at,
            "timestamp_last_updated": application.updated_at,
        }


class ApplicationDetail(ApplicationAnswer):
    """An application in a list."""

    timestamp_created: datetime
    timestamp_last_updated: datetime | None

    @field_serializer("timestamp_created", "timestamp_last_updated")
    def _instant(self, moment: datetime | None) -> str | None:
        return moment.strftime(INSTANT) if moment else None


class DeleteApplicationResponse(ApplicationName):
    """What became of an application."""

    application_status: ApplicationStatus


class GetApplicationListRequest(Schema):
    """Which applications."""

    include_removed: bool = False


class GetApplicationListResponse(Schema):
    """Applications, by their names."""

    applications: list[ApplicationDetail]


def _fault(name: str, hint: str) -> Violation:
    first, *rest = name.split("_")
    return Violation(first + "".join(word.capitalize() for word in rest), None, hint)
