"""What every façade needs: read a body into a model, with the dialect's own error."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from flask import Request
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from app.errors import BadRequest


class Schema(BaseModel):
    """A message of a façade: camelCase outside, unknown fields ignored."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore")


ModelT = TypeVar("ModelT", bound=BaseModel)


@dataclass(frozen=True)
class Violation:
    """One field that is not as it should be."""

    field: str
    given: object
    hint: str


class NotValid(BadRequest):
    """The body was understood, but fields of it are not as they should be."""

    code = "request_validation_failed"

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__("; ".join(f"{v.field}: {v.hint}" for v in violations))
        self.violations = violations


def json_object(request: Request) -> dict[str, object]:
    """Return the body as a JSON object. Raises BadRequest."""
    try:
        body = request.get_json(force=True, silent=False, cache=False)
    except Exception as error:
        raise BadRequest("not JSON") from error
    if not isinstance(body, dict):
        raise BadRequest("not a JSON object")
    return body


def parse(body: object, model: type[ModelT]) -> ModelT:
    """Read an object into its model. Raises NotValid with every violation."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise NotValid([_violation(detail) for detail in error.errors()]) from None


def _violation(detail: object) -> Violation:
    assert isinstance(detail, dict)  # noqa: S101 - pydantic's own shape
    path = ".".join(str(part) for part in detail["loc"])
    given = detail.get("input")
    shown = given if isinstance(given, str | int | float | bool | None) else None
    return Violation(path, shown[:256] if isinstance(shown, str) else shown, str(detail["msg"]))
