"""Operations: what phones of users are asked to approve."""

from app.api.cloud import operation_schemas as schemas
from app.api.cloud.calls import call, caller, operations

ABOUT = "Operations"
ONE = "/v2/operations/<operationId>"
UNKNOWN = "ERROR_OPERATION_NOT_FOUND"


@call(
    "POST /v2/operations",
    body=schemas.CreateOperationRequest,
    answers=schemas.OperationDetail,
    about=ABOUT,
    refuses="ERROR_REGISTRATION_NOT_FOUND",
)
def create_operation(body: schemas.CreateOperationRequest) -> schemas.OperationDetail:
    """Open an operation; the phones that may approve it are pushed."""
    known = operations()
    made = known.create(body.new(caller().applications))
    return schemas.OperationDetail.of(made, known.proximity_otp(made.id), is_new=True)


@call(
    "GET /v2/operations",
    asks=schemas.ListOperationsRequest,
    answers=schemas.OperationList,
    about=ABOUT,
)
def get_operation_list(asked: schemas.ListOperationsRequest) -> schemas.OperationList:
    """Return the operations that fit, the newest first."""
    return schemas.OperationList.of(operations().search(asked.search()))


@call(f"GET {ONE}", answers=schemas.OperationDetail, about=ABOUT, refuses=UNKNOWN)
def get_operation(operation_id: str) -> schemas.OperationDetail:
    """Return an operation as it is at this moment."""
    known = operations()
    found = known.get(operation_id)
    otp = known.proximity_otp(operation_id) if found.needs_proximity else None
    return schemas.OperationDetail.of(found, otp)


@call(
    f"DELETE {ONE}",
    asks=schemas.CancelOptions,
    answers=None,
    about=ABOUT,
    refuses=f"{UNKNOWN} ERROR_OPERATION_STATE_CHANGE",
)
def cancel_operation(operation_id: str, asked: schemas.CancelOptions) -> None:
    """Withdraw an operation that nobody has approved or rejected yet."""
    operations().revoke(operation_id, reason=asked.status_reason)
