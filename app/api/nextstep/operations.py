"""Operations: prepare, read, steer, find. Each call has a twin that is a POST."""

from collections.abc import Sequence

from app.api.nextstep import schemas
from app.api.nextstep.calls import call, caller
from app.services import services

ABOUT = "Operation"
OVER = "OPERATION_ALREADY_FINISHED OPERATION_ALREADY_FAILED OPERATION_ALREADY_CANCELED"


@call(
    "POST /operation",
    asks=schemas.CreateOperationRequest,
    answers=schemas.CreateOperationResponse,
    about=ABOUT,
    refuses="OPERATION_ALREADY_EXISTS INVALID_CONFIGURATION ORGANIZATION_NOT_FOUND",
)
def create_operation(wanted: schemas.CreateOperationRequest) -> schemas.CreateOperationResponse:
    """Prepare an operation that a browser will walk."""
    return schemas.CreateOperationResponse.of(services().flows.create(wanted.wish()))


@call(
    "PUT /operation",
    "POST /operation/update",
    asks=schemas.UpdateOperationRequest,
    answers=schemas.UpdateOperationResponse,
    about=ABOUT,
    refuses=f"OPERATION_NOT_FOUND OPERATION_NOT_VALID AUTH_METHOD_NOT_FOUND {OVER} "
    "INVALID_CONFIGURATION ORGANIZATION_NOT_FOUND",
)
def update_operation(wanted: schemas.UpdateOperationRequest) -> schemas.UpdateOperationResponse:
    """Say how a step ended; CANCELED cancels the operation."""
    services().steer(lambda steering: steering.update(wanted.wish(caller().name)))
    return schemas.UpdateOperationResponse.of(services().flows.operation(wanted.operation_id))


@call(
    "PUT /operation/user",
    "POST /operation/user/update",
    asks=schemas.UpdateOperationUserRequest,
    answers=None,
    about=ABOUT,
    refuses=f"OPERATION_NOT_FOUND ORGANIZATION_NOT_FOUND {OVER}",
)
def update_operation_user(wanted: schemas.UpdateOperationUserRequest) -> None:
    """Say whose operation it is, before the customer has proved it."""
    services().steer(
        lambda steering: steering.set_user(
            wanted.operation_id, wanted.user_id, wanted.organization_id, wanted.account_status
        )
    )


@call(
    "GET /operation/detail",
    "POST /operation/detail",
    asks=schemas.GetOperationDetailRequest,
    answers=schemas.GetOperationDetailResponse,
    about=ABOUT,
    refuses="OPERATION_NOT_FOUND OPERATION_NOT_VALID",
)
def operation_detail(
    wanted: schemas.GetOperationDetailRequest,
) -> schemas.GetOperationDetailResponse:
    """Return an operation with its history; nothing changes."""
    return schemas.GetOperationDetailResponse.of(services().flows.operation(wanted.operation_id))


@call(
    "GET /user/operation",
    "POST /user/operation/list",
    asks=schemas.GetPendingOperationsRequest,
    answers=schemas.GetOperationDetailResponse,
    many=True,
    about=ABOUT,
)
def pending_operations(
    wanted: schemas.GetPendingOperationsRequest,
) -> Sequence[schemas.GetOperationDetailResponse]:
    """Return the running operations of a user, those that end first first."""
    found = services().flows.pending(wanted.user_id, on_phone=wanted.mobile_token_only)
    return [schemas.GetOperationDetailResponse.of(operation) for operation in found]


@call(
    "POST /operation/lookup/external",
    asks=schemas.LookupOperationsByExternalIdRequest,
    answers=schemas.LookupOperationsByExternalIdResponse,
    about=ABOUT,
)
def lookup_operations(
    wanted: schemas.LookupOperationsByExternalIdRequest,
) -> schemas.LookupOperationsByExternalIdResponse:
    """Return all operations with the back end's own id, oldest first."""
    found = services().flows.of_transaction(wanted.external_transaction_id)
    shown = [schemas.GetOperationDetailResponse.of(operation) for operation in found]
    return schemas.LookupOperationsByExternalIdResponse(operations=shown)


@call(
    "PUT /operation/formData",
    "POST /operation/formData/update",
    asks=schemas.UpdateFormDataRequest,
    answers=None,
    about=ABOUT,
    refuses=f"OPERATION_NOT_FOUND {OVER}",
)
def update_form_data(wanted: schemas.UpdateFormDataRequest) -> None:
    """Add to the user's input; whatever else stands in the form data is ignored."""
    values = wanted.form_data.user_input or {}
    services().flows.steering.put_input(wanted.operation_id, values)


@call(
    "PUT /operation/chosenAuthMethod",
    "POST /operation/chosenAuthMethod/update",
    asks=schemas.UpdateChosenAuthMethodRequest,
    answers=None,
    about=ABOUT,
    refuses="OPERATION_NOT_FOUND OPERATION_NOT_VALID",
)
def update_chosen_auth_method(wanted: schemas.UpdateChosenAuthMethodRequest) -> None:
    """Choose one of the steps on offer."""
    services().steer(
        lambda steering: steering.choose(wanted.operation_id, wanted.chosen_auth_method)
    )


@call(
    "PUT /operation/application",
    "POST /operation/application/update",
    asks=schemas.UpdateApplicationContextRequest,
    answers=None,
    about=ABOUT,
    refuses=f"OPERATION_NOT_FOUND {OVER}",
)
def update_application_context(wanted: schemas.UpdateApplicationContextRequest) -> None:
    """Say who the operation is for."""
    application = wanted.application_context.model_dump(by_alias=True)
    services().flows.steering.set_application(wanted.operation_id, application)


@call(
    "PUT /operation/mobileToken/status",
    "POST /operation/mobileToken/status/update",
    asks=schemas.UpdateMobileTokenRequest,
    answers=None,
    about=ABOUT,
    refuses=f"OPERATION_NOT_FOUND OPERATION_NOT_VALID INVALID_CONFIGURATION {OVER}",
)
def update_mobile_token(wanted: schemas.UpdateMobileTokenRequest) -> None:
    """Ask a phone, or stop asking it; INVALID_CONFIGURATION where there is none."""
    services().flows.steering.set_phone(wanted.operation_id, active=wanted.mobile_token_active)


@call(
    "GET /operation/mobileToken/config/detail",
    "POST /operation/mobileToken/config/detail",
    asks=schemas.GetMobileTokenConfigRequest,
    answers=schemas.GetMobileTokenConfigResponse,
    about=ABOUT,
    refuses="INVALID_CONFIGURATION",
)
def mobile_token_config(
    wanted: schemas.GetMobileTokenConfigRequest,
) -> schemas.GetMobileTokenConfigResponse:
    """Tell whether a phone of the user could be asked."""
    enabled = services().flows.has_phone(wanted.user_id, wanted.operation_name, wanted.auth_method)
    return schemas.GetMobileTokenConfigResponse(mobile_token_enabled=enabled)
