"""`/ping`: whether an access key works."""

from flask import Response
from flask.typing import ResponseReturnValue
from spectree import Tag

from app.api.nevis.calls import admit, bp
from app.api.nevis.document import answers_of, document


@bp.get("/ping", strict_slashes=False)
@document.validate(
    resp=answers_of(None, 200),
    tags=[Tag(name="Health")],
    operation_id="ping",
    skip_validation=True,
)
def ping() -> ResponseReturnValue:
    """Answer PONG, as text, to whoever has an access key."""
    admit("key")
    return Response("PONG", mimetype="text/plain")
