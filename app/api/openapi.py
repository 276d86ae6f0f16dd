"""What the documents of all façades share: refusals, who may ask, and the page that shows them."""

from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from types import MappingProxyType
from typing import Any, Literal

from flask import Blueprint, Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import Field, create_model
from spectree import SecurityScheme, SpecTree
from spectree.model_adapter.protocol import SchemaMode
from spectree.model_adapter.pydantic_adapter import PydanticModelAdapter
from spectree.models import InType, SecureType, SecuritySchemeData

from app.api.kit import Schema

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""As everywhere, and the icons that stand inside of the vendored style sheet."""

PUBLIC = frozenset({"api_docs", "swagger_ui"})


class ViolationAnswer(Schema):
    """One field that is not as it should be."""

    field_name: str
    invalid_value: str | int | float | bool | None = None
    hint: str


class ErrorObject(Schema):
    """What went wrong: `code` for programs, `message` for people."""

    code: str
    message: str
    violations: list[ViolationAnswer] = Field(default_factory=list)


class ErrorAnswer(Schema):
    """The envelope of every refusal."""

    status: Literal["ERROR"]
    response_object: ErrorObject


class PlainAnswer(Schema):
    """A success that has nothing to say."""

    status: Literal["OK"]


class Models(PydanticModelAdapter):
    """Writes down the schema of each model once: every call repeats the same refusals."""

    def __init__(self) -> None:
        super().__init__()
        self._schemas: dict[tuple[type[Any], str, SchemaMode], dict[str, Any]] = {}

    def json_schema(
        self, model: type[Any], *, ref_template: str, mode: SchemaMode = "validation"
    ) -> dict[str, Any]:
        """Return the schema; who takes it copies it."""
        key = (model, ref_template, mode)
        if key not in self._schemas:
            self._schemas[key] = super().json_schema(model, ref_template=ref_template, mode=mode)
        return self._schemas[key]


def new_document(  # noqa: PLR0913 - what the head of a document consists of
    *,
    title: str,
    description: str,
    version: str,
    schemes: Sequence[str] = (),
    headers: Mapping[str, str] = MappingProxyType({}),
    security: Sequence[Mapping[str, list[str]]] = (),
    refusal: type[Schema] = ErrorAnswer,
) -> SpecTree:
    """Begin the OpenAPI 3.1 document of a façade.

    Callers prove themselves by `schemes` of HTTP, e.g. `basic`, or by `headers` of our own, with
    what stands in each; `security` is what a call asks for that says nothing else.
    """
    return SpecTree(
        "flask",
        title=title,
        description=description,
        version=version,
        openapi_version="3.1.0",
        mode="strict",
        annotations=False,
        model_adapter=Models(),  # type: ignore[arg-type]  # as their own is
        naming_strategy=lambda model: str(model.__name__),
        nested_naming_strategy=lambda _parent, child: child,
        validation_error_status=400,
        validation_error_model=refusal,
        security_schemes=[*map(_scheme, schemes), *(_header(*each) for each in headers.items())],
        security=list(security),
    )


def body_of(asks: type[Schema]) -> type[Schema]:
    """Return the envelope of a request."""
    return create_model(f"{asks.__name__}Body", __base__=Schema, request_object=(asks, ...))


def answer_of(answers: type[Schema], *, many: bool = False) -> type[Schema]:
    """Return the envelope of an answer, of a list of them with `many`."""
    content = list[answers] if many else answers  # type: ignore[valid-type]  # chosen at run time
    name = f"{answers.__name__}{'List' if many else ''}Answer"
    return create_model(name, __base__=PlainAnswer, response_object=(content, ...))


def publish(
    bp: Blueprint,
    document: SpecTree,
    seen: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda spec: spec,
) -> None:
    """Let everybody read a façade's document, as JSON and as a page.

    `seen` turns the document into what a reader at this address sees.
    """
    alone = Lock()  # making it takes its parts away from whoever makes it at the same time

    @bp.get("/v3/api-docs", strict_slashes=False)
    @bp.get("/openapi.json", strict_slashes=False)
    def api_docs() -> ResponseReturnValue:
        with alone:
            made = document.spec
        return jsonify(seen(made))

    @bp.get("/swagger-ui/index.html", strict_slashes=False)
    @bp.get("/swagger-ui", strict_slashes=False)
    def swagger_ui() -> Response:
        page = current_app.send_static_file("swagger/index.html")
        page.headers["Content-Security-Policy"] = POLICY
        return page


def is_public() -> bool:
    """Tell whether this request reads a façade's document."""
    return (request.endpoint or "").rpartition(".")[2] in PUBLIC


def camel(name: str) -> str:
    """Write a function's name as documents do, e.g. `createOperation`."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _scheme(name: str) -> SecurityScheme:
    return SecurityScheme(name=name, data=SecuritySchemeData(type=SecureType.HTTP, scheme=name))


def _header(name: str, description: str) -> SecurityScheme:
    data = SecuritySchemeData(
        type=SecureType.API_KEY, name=name, field_in=InType.HEADER, description=description
    )
    return SecurityScheme(name=name, data=data)
