"""The OAuth 2.1 and OpenID Connect provider, on Authlib: a door for third parties."""

import logging
import math
from collections.abc import Callable, Iterator
from datetime import timedelta

from flask import Flask
from flask_wtf.csrf import CSRFProtect

from app.events import Name
from app.oauth import endpoints, views
from app.oauth.clients import clients_with_secret, ensure_client
from app.oauth.discovery import metadata
from app.oauth.keys import KeyRing, ensure_signing_key
from app.oauth.provider import EXTENSION, Provider
from app.oauth.resources import Protector
from app.oauth.server import build
from app.services import Services
from app.settings import Settings

DIALECTS = dict.fromkeys(endpoints.ADDRESSES, endpoints.dress)
"""Address → how failures are answered there."""

DEMO_CLIENT, DEMO_SECRET = "democlient", "changeme"


def register(
    app: Flask, csrf: CSRFProtect, settings: Settings, *, prefer: Callable[[str], None]
) -> None:
    """Add the provider to the application; `prefer` hears of the language that a client asks for.

    Third parties send their own forms, so none of these addresses asks for a CSRF token.
    """
    # At DEBUG, Authlib writes whole tokens to the log.
    logging.getLogger("authlib").setLevel(logging.INFO)
    for blueprint in (views.bp, endpoints.bp):
        csrf.exempt(blueprint)
        app.register_blueprint(blueprint)
    lifetime = settings.oauth.refresh_token_lifetime
    app.jinja_env.globals["offline_days"] = math.ceil(lifetime / timedelta(days=1))
    server = build(settings, KeyRing())
    app.extensions[EXTENSION] = Provider(
        server=server,
        protector=Protector(),
        metadata=metadata(server, app, settings),
        prefer=prefer,
    )


def seed(services: Services, settings: Settings) -> None:
    """Make what the provider cannot work without, and the demo's client; repeatable."""
    if kid := ensure_signing_key(services.session, services.vault):
        services.journal.record(Name.KEY_CREATED, kid, kind="signing")
    if settings.profile == "demo":
        ensure_client(
            services.session,
            vault=services.vault,
            client_id=DEMO_CLIENT,
            secret=DEMO_SECRET,
            name="Demo application",
            description="Web Flow demo application",
            redirect_uris=[f"{settings.demo_address}/connect/demo"],
        )


def demo_leftovers(services: Services) -> Iterator[str]:
    """Yield what a demo has left in a database that serves customers now."""
    for name in clients_with_secret(services.session, services.vault, DEMO_SECRET):
        yield f"the client {name} has the demo's secret: run flask clients disable {name}"
