"""The configuration of flows: step definitions, operations, attempts, steps."""

from app.api.nextstep import configuration_schemas as schemas
from app.api.nextstep.calls import call
from app.errors import NotConfigured
from app.services import services

DEFINITIONS, OPERATIONS, METHODS = "Step definition", "Operation configuration", "Auth method"


# --- step definitions ------------------------------------------------------------------------


@call(
    "POST /step/definition",
    asks=schemas.CreateStepDefinitionRequest,
    answers=schemas.CreateStepDefinitionRequest,
    about=DEFINITIONS,
    refuses="STEP_DEFINITION_ALREADY_EXISTS AUTH_METHOD_NOT_FOUND INVALID_CONFIGURATION",
    for_operators=True,
)
def create_step_definition(
    wanted: schemas.CreateStepDefinitionRequest,
) -> schemas.CreateStepDefinitionRequest:
    """Add a line to a step table; one in effect must stay sound."""
    services().configuring.add_definition(wanted.line())
    return wanted


@call(
    "POST /step/definition/delete",
    asks=schemas.DeleteStepDefinitionRequest,
    answers=schemas.DeleteStepDefinitionRequest,
    about=DEFINITIONS,
    refuses="STEP_DEFINITION_NOT_FOUND INVALID_CONFIGURATION",
    for_operators=True,
)
def delete_step_definition(
    wanted: schemas.DeleteStepDefinitionRequest,
) -> schemas.DeleteStepDefinitionRequest:
    """Take a line out of a step table; one in effect must stay sound."""
    services().configuring.remove_definition(wanted.step_definition_id)
    return wanted


@call(
    "GET /step/definition",
    "POST /step/definition/list",
    asks=schemas.GetStepDefinitionListRequest,
    answers=schemas.GetStepDefinitionListResponse,
    about=DEFINITIONS,
)
def step_definitions(
    wanted: schemas.GetStepDefinitionListRequest,
) -> schemas.GetStepDefinitionListResponse:
    """Return the lines of one step table or of all."""
    lines = services().configuration.catalogue.definitions
    shown = [
        schemas.CreateStepDefinitionRequest.of(line)
        for line in lines
        if wanted.operation_name in (None, line.operation)
    ]
    return schemas.GetStepDefinitionListResponse(step_definitions=shown)


# --- operations ------------------------------------------------------------------------------


@call(
    "POST /operation/config",
    asks=schemas.CreateOperationConfigRequest,
    answers=schemas.CreateOperationConfigRequest,
    about=OPERATIONS,
    refuses="OPERATION_CONFIG_ALREADY_EXISTS",
    for_operators=True,
)
def create_operation_config(
    wanted: schemas.CreateOperationConfigRequest,
) -> schemas.CreateOperationConfigRequest:
    """Say what a new operation is."""
    services().configuring.add_operation(wanted.config())
    return wanted


@call(
    "PUT /operation/config",
    "POST /operation/config/update",
    asks=schemas.CreateOperationConfigRequest,
    answers=schemas.CreateOperationConfigRequest,
    about=OPERATIONS,
    refuses="OPERATION_CONFIG_NOT_FOUND INVALID_CONFIGURATION",
    for_operators=True,
)
def update_operation_config(
    wanted: schemas.CreateOperationConfigRequest,
) -> schemas.CreateOperationConfigRequest:
    """Say otherwise how an operation lives, one that we ship too; its template stays."""
    services().configuring.change_operation(wanted.config())
    return wanted


@call(
    "POST /operation/config/delete",
    asks=schemas.OperationName,
    answers=schemas.OperationName,
    about=OPERATIONS,
    refuses="OPERATION_CONFIG_NOT_FOUND DELETE_NOT_ALLOWED",
    for_operators=True,
)
def delete_operation_config(wanted: schemas.OperationName) -> schemas.OperationName:
    """Forget an operation that has neither definitions nor running operations."""
    services().configuring.remove_operation(wanted.operation_name)
    return wanted


@call(
    "GET /operation/config/detail",
    "POST /operation/config/detail",
    asks=schemas.OperationName,
    answers=schemas.CreateOperationConfigRequest,
    about=OPERATIONS,
    refuses="OPERATION_CONFIG_NOT_FOUND",
)
def operation_config(wanted: schemas.OperationName) -> schemas.CreateOperationConfigRequest:
    """Return what an operation is."""
    found = services().configuration.catalogue.operations.get(wanted.operation_name)
    if found is None:
        raise NotConfigured("operation_config", operation=wanted.operation_name)
    return schemas.CreateOperationConfigRequest.of(found)


@call(
    "GET /operation/config",
    "POST /operation/config/list",
    asks=schemas.Nothing,
    answers=schemas.GetOperationConfigListResponse,
    about=OPERATIONS,
)
def operation_configs(_wanted: schemas.Nothing) -> schemas.GetOperationConfigListResponse:
    """Return what all operations are."""
    found = services().configuration.catalogue.operations.values()
    shown = [schemas.CreateOperationConfigRequest.of(config) for config in found]
    return schemas.GetOperationConfigListResponse(operation_configs=shown)


# --- attempts --------------------------------------------------------------------------------


@call(
    "POST /operation/auth-method/config",
    asks=schemas.OperationMethodConfig,
    answers=schemas.OperationMethodConfig,
    about=OPERATIONS,
    refuses="OPERATION_METHOD_CONFIG_ALREADY_EXISTS OPERATION_CONFIG_NOT_FOUND "
    "AUTH_METHOD_NOT_FOUND",
    for_operators=True,
)
def create_operation_method_config(
    wanted: schemas.OperationMethodConfig,
) -> schemas.OperationMethodConfig:
    """Limit the attempts at one step of one operation."""
    services().configuring.add_limit(
        wanted.operation_name, wanted.auth_method, wanted.max_auth_fails
    )
    return wanted


@call(
    "GET /operation/auth-method/config/detail",
    "POST /operation/auth-method/config/detail",
    asks=schemas.OperationMethod,
    answers=schemas.OperationMethodConfig,
    about=OPERATIONS,
    refuses="OPERATION_METHOD_CONFIG_NOT_FOUND",
)
def operation_method_config(wanted: schemas.OperationMethod) -> schemas.OperationMethodConfig:
    """Return the limit of one step of one operation."""
    limits = services().configuration.catalogue.limits
    found = limits.get((wanted.operation_name, wanted.auth_method))
    if found is None:
        raise NotConfigured("operation_method_config", operation=wanted.operation_name)
    return schemas.OperationMethodConfig(**wanted.model_dump(), max_auth_fails=found)


@call(
    "POST /operation/auth-method/config/delete",
    asks=schemas.OperationMethod,
    answers=schemas.OperationMethod,
    about=OPERATIONS,
    refuses="OPERATION_METHOD_CONFIG_NOT_FOUND",
    for_operators=True,
)
def delete_operation_method_config(wanted: schemas.OperationMethod) -> schemas.OperationMethod:
    """Let a step of an operation have its usual attempts."""
    services().configuring.remove_limit(wanted.operation_name, wanted.auth_method)
    return wanted


# --- steps -----------------------------------------------------------------------------------


@call(
    "POST /auth-method",
    asks=schemas.AuthMethodDetail,
    answers=schemas.AuthMethodDetail,
    about=METHODS,
    refuses="AUTH_METHOD_ALREADY_EXISTS INVALID_CONFIGURATION",
    for_operators=True,
)
def create_auth_method(wanted: schemas.AuthMethodDetail) -> schemas.AuthMethodDetail:
    """Bring back a step that was deleted."""
    services().configuring.add_method(wanted.method())
    return wanted


@call(
    "PUT /auth-method",
    "POST /auth-method/update",
    asks=schemas.AuthMethodDetail,
    answers=schemas.AuthMethodDetail,
    about=METHODS,
    refuses="AUTH_METHOD_NOT_FOUND INVALID_CONFIGURATION",
    for_operators=True,
)
def update_auth_method(wanted: schemas.AuthMethodDetail) -> schemas.AuthMethodDetail:
    """Say otherwise what a step is."""
    services().configuring.change_method(wanted.method())
    return wanted


@call(
    "POST /auth-method/delete",
    asks=schemas.AuthMethodName,
    answers=schemas.AuthMethodName,
    about=METHODS,
    refuses="AUTH_METHOD_NOT_FOUND DELETE_NOT_ALLOWED",
    for_operators=True,
)
def delete_auth_method(wanted: schemas.AuthMethodName) -> schemas.AuthMethodName:
    """Forget a step that no table names."""
    services().configuring.remove_method(wanted.auth_method)
    return wanted


@call(
    "GET /auth-method",
    "POST /auth-method/list",
    asks=schemas.Nothing,
    answers=schemas.GetAuthMethodsResponse,
    about=METHODS,
    refuses="INVALID_CONFIGURATION",
)
def auth_methods(_wanted: schemas.Nothing) -> schemas.GetAuthMethodsResponse:
    """Return all steps, in their order."""
    found = services().configuration.catalogue.methods.values()
    shown = [schemas.AuthMethodDetail.of(method) for method in found]
    return schemas.GetAuthMethodsResponse(auth_methods=shown)
