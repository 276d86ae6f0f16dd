"""What every façade needs: read a body into a model, with the dialect's own error."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import NoReturn, TypeVar

from flask import Request
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel
from werkzeug.datastructures import Authorization

from app.errors import BadRequest

WITHHELD = frozenset(
    {"authHeader", "clientSecret", "otp", "password", "privateKeyBase64", "signingSecret"}
)
"""Fields that are not repeated, however wrong they are."""

EXACT = 2**53
"""Whole numbers up to here are the same in every program."""

DEEPEST = 32
"""Objects and lists inside each other that a body may have."""


class Schema(BaseModel):
    """A message of a façade: camelCase outside, unknown fields ignored."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore")


def example(value: Mapping[str, object]) -> ConfigDict:
    """Return the `model_config` of a message that has an example in the documents."""
    return ConfigDict(json_schema_extra={"examples": [value]})  # type: ignore[list-item]  # JSON


ModelT = TypeVar("ModelT", bound=BaseModel)


@dataclass(frozen=True)
class Violation:
    """One field that is not as it should be."""

    field: str
    given: object
    hint: str
    kind: str = ""
    """Pydantic's own word for what is wrong, e.g. `missing`."""
    is_null: bool = False
    """Whether null was given; what is withheld is None here, too."""


class NotValid(BadRequest):
    """The body was understood, but fields of it are not as they should be."""

    code = "request_validation_failed"

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__("; ".join(f"{v.field}: {v.hint}" for v in violations))
        self.violations = violations


def json_object(request: Request) -> dict[str, object]:
    """Return the body as a JSON object, whatever its media type. Raises BadRequest.

    What JSON or a database cannot hold is refused: bytes that are not UTF-8, numbers without
    end, names given twice, and NUL or half characters in texts.
    """
    try:
        body = json.loads(
            request.get_data().decode(),
            object_pairs_hook=_object,
            parse_constant=_refuse,
            parse_float=_number,
        )
    except (ValueError, RecursionError) as error:
        raise BadRequest("the body is not JSON") from error
    if not isinstance(body, dict):
        raise BadRequest("the body is not a JSON object")
    check_texts(body)
    return body


def query(request: Request) -> dict[str, object]:
    """Return the parameters of the address, each once. Raises BadRequest."""
    given: dict[str, object] = dict(request.args)
    if len(given) < len(list(request.args.items(multi=True))):
        raise BadRequest("a parameter is repeated")
    check_texts(given)
    return given


def authorization(request: Request) -> Authorization | None:
    """Return the credentials of a request; None for a header that cannot be read."""
    try:
        return request.authorization
    except ValueError:  # werkzeug lets one through that is not ASCII
        return None


def parse(body: object, model: type[ModelT], *, place: str = "") -> ModelT:
    """Read the parameters of an address into their model. Raises NotValid with every violation.

    `place` says where in the request they stand.
    """
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise NotValid([_violation(detail, place) for detail in error.errors()]) from None


def parse_json(body: object, model: type[ModelT]) -> ModelT:
    """Read a JSON object into its model, where `"1"` is no number. Raises NotValid, see above."""
    try:
        return model.model_validate_json(json.dumps(body), strict=True)
    except ValidationError as error:
        raise NotValid([_violation(detail, "") for detail in error.errors()]) from None


def check_texts(body: object) -> None:
    """Refuse what is nested too deep, and texts that no database can hold."""
    waiting = [(body, 0)]
    while waiting:
        value, depth = waiting.pop()
        if depth > DEEPEST:
            raise BadRequest("the body is nested too deep")
        if isinstance(value, str):
            if "\x00" in value or any("\ud800" <= char <= "\udfff" for char in value):
                raise BadRequest("a text with NUL or half a character")
        elif isinstance(value, Mapping):
            waiting += [(each, depth + 1) for pair in value.items() for each in pair]
        elif isinstance(value, list):
            waiting += [(each, depth + 1) for each in value]


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name is given twice")
    return found


def _number(text: str) -> float:
    """Read a number with a point or an exponent; `2.0` is the whole number that it says."""
    number = float(text)
    if not isfinite(number):
        raise ValueError("a number without end")
    return int(number) if number.is_integer() and abs(number) < EXACT else number


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


def _violation(detail: object, place: str) -> Violation:
    assert isinstance(detail, dict)  # noqa: S101 - pydantic's own shape
    path = ".".join(str(part) for part in (place, *detail["loc"]) if part != "")
    given = detail.get("input")
    shown = (
        given
        if path.rpartition(".")[2] not in WITHHELD
        and isinstance(given, str | int | float | bool | None)
        else None
    )
    shown = shown[:256] if isinstance(shown, str) else shown
    return Violation(path, shown, str(detail["msg"]), str(detail["type"]), is_null=given is None)
