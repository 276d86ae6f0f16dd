"""What the views of the provider share: built once for each application, found through Flask."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import current_app

from app.oauth.resources import Protector
from app.oauth.server import Server

EXTENSION = "webflow.oauth"


@dataclass(frozen=True)
class Provider:
    """The server and what stands around it."""

    server: Server
    protector: Protector
    metadata: dict[str, object]
    prefer: Callable[[str], None]
    """Tells the pages which language the third party asked for."""


def provider() -> Provider:
    """Return the provider of the present application."""
    found: Provider = current_app.extensions[EXTENSION]
    return found
