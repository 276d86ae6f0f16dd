"""The only file that knows every part of the house."""

from datetime import timedelta
from pathlib import Path

from flask import Flask, Response, g, request
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import Engine

from app import cli, logs, oauth
from app.api import health
from app.api.nextstep import errors as nextstep_errors
from app.api.nextstep import operations as nextstep
from app.bank import build_bank
from app.channels import sms_channel
from app.channels.base import Sms
from app.crypto.vault import Vault
from app.errors import InvalidConfiguration
from app.flows.demo_clock import ClockFollower
from app.instruments.password import HashingGate
from app.nextstep.engine import faults
from app.nextstep.tables import TABLES
from app.services import Parts, Services, current, hashing_slots
from app.settings import Settings, root_secret
from app.store import engine as store_engine
from app.store.db import Base
from app.texts import Texts
from app.web import errors, flow, formats, guard, locale, messages, testers
from app.worker import Worker, waker

ROOT = Path(__file__).resolve().parent.parent
DIALECTS = {nextstep.PREFIX: nextstep_errors.dress}
"""Façades answer failures below their address in their own dialect."""


def create_app(settings: Settings) -> Flask:
    """Build the web application. Raises InvalidConfiguration when a step table is not sound."""
    logs.configure(settings.log_level)
    _refuse_bad_tables()
    app = Flask(__name__, template_folder="../templates", static_folder="../static")
    vault = Vault(root_secret(settings))
    app.config.update(_config(settings, vault))
    parts = _parts(settings, _database(app), vault)
    app.extensions["webflow"] = parts
    errors.register(app, dialects=DIALECTS)
    if settings.profile == "demo":
        app.before_request(_clock_follower(parts).follow)
    _transactions(app, parts)
    _doors(app, settings)
    return app


def create_worker(settings: Settings) -> Worker:
    """Build the worker on the same parts."""
    parts: Parts = create_app(settings).extensions["webflow"]

    def keep(message: Sms) -> None:
        services = Services(parts, writing=True)
        try:
            services.testers.keep(
                message_id=message.reference,
                recipient=message.to,
                text=message.text,
                operation_id=message.operation_id,
            )
            services.commit()
        finally:
            services.close()

    if settings.profile == "demo":
        _clock_follower(parts).keep_following()
    return Worker(parts, sms_channel(settings.sms, keep=keep))


def seed(app: Flask) -> None:
    """Put in what the provider cannot work without, and what the demo shows; repeatable."""
    parts: Parts = app.extensions["webflow"]
    services = Services(parts, writing=True)
    try:
        oauth.seed(services, parts.settings)
        services.commit()
    finally:
        services.close()


def _clock_follower(parts: Parts) -> ClockFollower:
    def read() -> timedelta:
        services = Services(parts, writing=False)
        try:
            return services.testers.clock_offset()
        finally:
            services.close()

    return ClockFollower(read)


def _refuse_bad_tables() -> None:
    found = [f"{table.name}: {fault}" for table in TABLES.values() for fault in faults(table)]
    if found:
        raise InvalidConfiguration("; ".join(found))


def _config(settings: Settings, vault: Vault) -> dict[str, object]:
    return {
        "SECRET_KEY": vault.derive("flask.session"),
        "SESSION_COOKIE_NAME": "wf_session",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.is_https,
        "WTF_CSRF_TIME_LIMIT": None,  # a flow has its own end
        "WTF_CSRF_SSL_STRICT": False,  # we send no referrer; Sec-Fetch-Site is checked instead
        "SQLALCHEMY_DATABASE_URI": settings.database,
        "SQLALCHEMY_ENGINE_OPTIONS": store_engine.options(
            settings.database, settings.server.threads
        ),
    }


def _database(app: Flask) -> Engine:
    database = SQLAlchemy(metadata=Base.metadata)
    database.init_app(app)
    Migrate(app, database, directory=str(ROOT / "migrations"))
    with app.app_context():
        store_engine.listen(database.engine)
        return database.engine


def _parts(settings: Settings, engine: Engine, vault: Vault) -> Parts:
    return Parts(
        settings=settings,
        engine=engine,
        vault=vault,
        bank=build_bank(settings.bank),
        texts=Texts(ROOT / "translations", ROOT / "templates", settings.bank.name),
        gate=HashingGate(hashing_slots(settings)),
        listeners=(),
        wake_worker=waker(settings),
    )


def _doors(app: Flask, settings: Settings) -> None:
    guard.register(app, https=settings.is_https)
    locale.register(app, languages=settings.web.languages, timezone=settings.web.timezone)
    formats.register(app, timezone=settings.web.timezone)
    app.jinja_env.globals.update(
        bank_name=settings.bank.name, legal_links=[], texts_of=messages.text
    )
    csrf = CSRFProtect(app)
    app.register_blueprint(flow.bp)
    for api in (health.bp, nextstep.bp):
        csrf.exempt(api)
        app.register_blueprint(api)
    oauth.register(app, csrf, settings, prefer=locale.prefer)
    if settings.profile == "demo":
        csrf.exempt(testers.bp)  # its posts check the token themselves, for JSON has none
        app.register_blueprint(testers.bp)
    cli.register(app, settings, seed=seed)


def _transactions(app: Flask, parts: Parts) -> None:
    """One request, one transaction: commit what wrote and did not fail."""
    https = parts.settings.is_https
    cookie = "__Host-wf_browser" if https else "wf_browser"

    @app.before_request
    def open_services() -> None:
        token = request.cookies.get(cookie)
        writing = request.method not in ("GET", "HEAD", "OPTIONS")
        g.services = Services(parts, writing=writing, browser_token=token)
        g.reset = current.set(g.services)

    @app.after_request
    def commit(response: Response) -> Response:
        services: Services | None = g.get("services")
        if services is None or g.get("failed"):
            return response
        if services.is_writing:
            services.commit()
        if services.new_browser_token is not None:
            response.set_cookie(
                cookie,
                services.new_browser_token,
                httponly=True,
                samesite="Lax",
                secure=https,
            )
        return response

    @app.teardown_request
    def close(_error: BaseException | None) -> None:
        services: Services | None = g.pop("services", None)
        if services is not None:
            services.close()
            current.reset(g.pop("reset"))
