"""The configuration as rows, and as values."""

from app.flows.definitions import RequestType, StepDefinition
from app.flows.shipped import AuthMethod, OperationConfig, Segment
from app.nextstep.vocabulary import Result, Step
from app.store.configuration import (
    AuthMethodRow,
    OperationConfigRow,
    OrganizationRow,
    StepDefinitionRow,
)


def definition(row: StepDefinitionRow) -> StepDefinition:
    """Read a line of a step table."""
    return StepDefinition(
        id=row.step_definition_id,
        operation=row.operation_name,
        type=RequestType(row.operation_type),
        step=Step(row.request_auth_method) if row.request_auth_method else None,
        result=Result(row.request_auth_step_result) if row.request_auth_step_result else None,
        priority=row.response_priority,
        next=Step(row.response_auth_method) if row.response_auth_method else None,
        outcome=row.response_result,
    )


def operation(row: OperationConfigRow) -> OperationConfig:
    """Read what an operation is."""
    return OperationConfig(
        row.operation_name,
        row.template_id,
        row.template_version,
        mobile_token_enabled=row.mobile_token_enabled,
        mobile_token_mode=row.mobile_token_mode,
        afs_enabled=row.afs_enabled,
        afs_config_id=row.afs_config_id,
        expiration_seconds=row.expiration_time,
    )


def method(row: AuthMethodRow) -> AuthMethod:
    """Read what a step is."""
    return AuthMethod(
        Step(row.auth_method),
        row.order_number,
        row.display_name_key,
        checks_fails=row.check_auth_fails,
        max_fails=row.max_auth_fails,
        checks_preferences=row.check_user_prefs,
        preferences_column=row.user_prefs_column,
        preferences_default=row.user_prefs_default,
        has_user_interface=row.has_user_interface,
        has_mobile_token=row.has_mobile_token,
    )


def segment(row: OrganizationRow) -> Segment:
    """Read an organization."""
    return Segment(
        row.organization_id,
        row.display_name_key,
        row.is_default,
        row.order_number,
        row.default_credential_name,
        row.default_otp_name,
    )


def definition_row(line: StepDefinition) -> StepDefinitionRow:
    """Write a line of a step table."""
    return StepDefinitionRow(
        step_definition_id=line.id,
        operation_name=line.operation,
        operation_type=line.type.value,
        request_auth_method=line.step.value if line.step else None,
        request_auth_step_result=line.result.value if line.result else None,
        response_priority=line.priority,
        response_auth_method=line.next.value if line.next else None,
        response_result=line.outcome,
    )


def operation_row(config: OperationConfig) -> OperationConfigRow:
    """Write what an operation is."""
    return OperationConfigRow(
        operation_name=config.name,
        template_version=config.template_version,
        template_id=config.template_id,
        mobile_token_enabled=config.mobile_token_enabled,
        mobile_token_mode=config.mobile_token_mode,
        afs_enabled=config.afs_enabled,
        afs_config_id=config.afs_config_id,
        expiration_time=config.expiration_seconds,
    )


def method_row(method: AuthMethod, *, removed: bool = False) -> AuthMethodRow:
    """Write what a step is, or that one which we ship was removed."""
    return AuthMethodRow(
        auth_method=method.step.value,
        order_number=method.order,
        check_user_prefs=method.checks_preferences,
        user_prefs_column=method.preferences_column,
        user_prefs_default=method.preferences_default,
        check_auth_fails=method.checks_fails,
        max_auth_fails=method.max_fails,
        has_user_interface=method.has_user_interface,
        has_mobile_token=method.has_mobile_token,
        display_name_key=method.display_name_key,
        removed=removed,
    )


def organization_row(segment: Segment) -> OrganizationRow:
    """Write an organization."""
    return OrganizationRow(
        organization_id=segment.id,
        display_name_key=segment.name_key,
        is_default=segment.default,
        order_number=segment.order,
        default_credential_name=segment.credential_name,
        default_otp_name=segment.otp_name,
    )
