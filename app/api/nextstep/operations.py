"""Operations: create and detail, as GET and as its POST twin."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from app.api.kit import Schema, json_object, parse
from app.api.nextstep import schemas
from app.errors import BadRequest
from app.services import services

PREFIX = "/powerauth-nextstep"

bp = Blueprint("nextstep", __name__, url_prefix=PREFIX)


def enveloped() -> object:
    """Return the `requestObject` of the body."""
    body = json_object(request)
    if not isinstance(body.get("requestObject"), dict):
        raise BadRequest("no requestObject")
    return body["requestObject"]


def answer(schema: Schema) -> ResponseReturnValue:
    """Put an answer into its envelope."""
    content = schema.model_dump(mode="json", by_alias=True)
    return {"status": "OK", "responseObject": content}


@bp.post("/operation", strict_slashes=False)
def create_operation() -> ResponseReturnValue:
    """Prepare an operation that a browser will walk."""
    wanted = parse(enveloped(), schemas.CreateOperationRequest)
    operation = services().flows.create(wanted.wish())
    return answer(schemas.CreateOperationResponse.of(operation))


@bp.get("/operation/detail", strict_slashes=False)
def operation_detail() -> ResponseReturnValue:
    """Return an operation by the query parameter `operationId`."""
    return _detail(request.args.to_dict())


@bp.post("/operation/detail", strict_slashes=False)
def operation_detail_by_post() -> ResponseReturnValue:
    """Return an operation; the twin for gateways that pass only POST."""
    return _detail(enveloped())


def _detail(given: object) -> ResponseReturnValue:
    wanted = parse(given, schemas.GetOperationDetailRequest)
    operation = services().flows.operation(wanted.operation_id)
    return answer(schemas.GetOperationDetailResponse.of(operation))
