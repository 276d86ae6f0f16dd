"""Callbacks of an application; and the one by which the house itself is told of a change."""

from app.api.cloud import callback_schemas as schemas
from app.api.cloud.calls import call, callbacks, caller, operations
from app.services import services

ABOUT = "Callbacks"
ALL = "/v2/admin/applications/<appId>/callbacks"
ONE = f"{ALL}/<callbackId>"
REFUSED = "ERROR_ADMIN"


@call(
    f"POST {ALL}",
    body=schemas.CallbackRequest,
    answers=schemas.CallbackDetail,
    about=ABOUT,
    refuses=REFUSED,
)
def create_callback(app_id: str, body: schemas.CallbackRequest) -> schemas.CallbackDetail:
    """Have an address called whenever an operation or a registration changes."""
    return schemas.CallbackDetail.of(callbacks().create(app_id, body.wish()))


@call(f"GET {ALL}", answers=schemas.CallbackList, about=ABOUT, refuses=REFUSED)
def get_callback_list(app_id: str) -> schemas.CallbackList:
    """Return the callbacks of an application."""
    found = [schemas.CallbackDetail.of(each) for each in callbacks().all(app_id)]
    return schemas.CallbackList(callbacks=found)


@call(
    f"PUT {ONE}",
    body=schemas.CallbackRequest,
    answers=schemas.CallbackDetail,
    about=ABOUT,
    refuses=REFUSED,
)
def update_callback(
    app_id: str, callback_id: str, body: schemas.CallbackRequest
) -> schemas.CallbackDetail:
    """Change a callback; secrets that are not given stay as they are."""
    return schemas.CallbackDetail.of(callbacks().update(app_id, callback_id, body.wish()))


@call(f"DELETE {ONE}", answers=None, about=ABOUT, refuses=REFUSED)
def remove_callback(app_id: str, callback_id: str) -> None:
    """Remove a callback; what it has not been told yet it never hears."""
    callbacks().remove(app_id, callback_id)


@call(
    "POST /internal/callback/operation",
    body=schemas.OperationCallbackRequest,
    answers=None,
    about="Internal",
    refuses="ERROR_OPERATION_NOT_FOUND",
)
def operation_callback(body: schemas.OperationCallbackRequest) -> None:
    """Look at an operation now: one whose time is over ends, and phone and callbacks are told."""
    known = services().operations if caller().is_admin else operations()
    known.refresh(str(body.operation_id))
