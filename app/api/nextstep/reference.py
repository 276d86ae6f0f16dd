"""The reference: an OpenAPI document made of the models that answer, and a page that shows it."""

from flask import Response, current_app, jsonify
from flask.typing import ResponseReturnValue

from app.api.nextstep.calls import PREFIX, bp, document

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""As everywhere, and the icons that stand inside of the vendored style sheet."""


@bp.get("/v3/api-docs", strict_slashes=False)
@bp.get("/openapi.json", strict_slashes=False)
def api_docs() -> ResponseReturnValue:
    """Return the OpenAPI 3.1 document."""
    return jsonify(openapi())


@bp.get("/swagger-ui/index.html", strict_slashes=False)
@bp.get("/swagger-ui", strict_slashes=False)
def swagger_ui() -> Response:
    """Show the document, to read and to try."""
    page = current_app.send_static_file("swagger/index.html")
    page.headers["Content-Security-Policy"] = POLICY
    return page


def openapi() -> dict[str, object]:
    """Return the document; it needs the application, whose routes it describes."""
    made: dict[str, object] = document.spec
    return made


__all__ = ["PREFIX", "api_docs", "openapi", "swagger_ui"]
