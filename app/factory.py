"""The only file that knows every part of the house."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from threading import BoundedSemaphore
from typing import TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, abort, g, request
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf.csrf import CSRFProtect
from prometheus_client.registry import Collector
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.sansio.utils import host_is_trusted

from app import cli, hints, logs, metrics, oauth
from app.api import health, measures
from app.api.cloud import errors as cloud_errors
from app.api.cloud import routes as cloud
from app.api.device import errors as device_errors
from app.api.device import routes as device
from app.api.nevis import errors as nevis_errors
from app.api.nevis import routes as nevis
from app.api.nextstep import errors as nextstep_errors
from app.api.nextstep import routes as nextstep
from app.bank import build_bank
from app.brand import Brand
from app.brand.starting import brand_or_exit
from app.channels import push_channels, sms_channel
from app.channels.base import Push, Sms
from app.channels.credentials import Credentials
from app.channels.webhook import Webhooks
from app.cli.kit import WRONG_ROOT, operator
from app.crypto.vault import CannotOpenError, NoDataKeyError, Vault, derive
from app.errors import InvalidConfiguration
from app.events import Listener, Name
from app.flows.bearers import Bearers
from app.flows.demo_clock import ClockFollower
from app.flows.watching import Watching
from app.hashing import HashingGate
from app.jobs import ping, waker
from app.mtoken.demo_access import (
    leftover_keys,
    leftover_users,
    seed_demo_key,
    seed_demo_users,
)
from app.nextstep.engine import faults
from app.nextstep.tables import TABLES
from app.services import Parts, Services, current, hashing_slots
from app.settings import Settings, previous_secrets, refuse, root_secret
from app.store import engine as store_engine
from app.store.db import Base
from app.store.keys import KeyStore
from app.texts import Texts
from app.upkeep.locks import Lock, alone
from app.upkeep.readiness import OutboxLag, Readiness
from app.web import brand as bank_look
from app.web import (
    errors,
    flow,
    formats,
    guard,
    limits,
    live,
    locale,
    messages,
    open_link,
    testers,
)
from app.web.qr import qr_svg
from app.web.unindented import Unindented
from app.worker import Worker

ROOT = Path(__file__).resolve().parent.parent
C = TypeVar("C", bound=Credentials)
OWN_HOSTS = ("localhost", "127.0.0.1", "[::1]")
DIALECTS = {
    nextstep.PREFIX: nextstep_errors.dress,
    device.PREFIX: device_errors.dress,
    cloud.PREFIX: cloud_errors.dress,
    nevis.PREFIX: nevis_errors.dress,
    **oauth.DIALECTS,
}
"""Façades answer failures below their address in their own dialect."""
APIS = {bp.name: bp for bp in (nextstep.bp, device.bp, cloud.bp, nevis.bp)}
"""Façades that programs call, by the names of their surfaces."""


def create_app(settings: Settings) -> Flask:
    """Build the web application. Raises InvalidConfiguration when a step table is not sound."""
    logs.configure(settings.log_level)
    _refuse_bad_tables()
    brand = brand_or_exit(settings)
    settings = _named(settings, brand)
    app = Flask(__name__, template_folder="../templates", static_folder="../static")
    app.url_map.merge_slashes = False  # façades never redirect
    roots = [root_secret(settings), *previous_secrets(settings)]
    app.config.update(_config(settings, roots))
    engine = _database(app)
    vault = Vault(roots[0], roots[1:], KeyStore(engine))
    sockets = [_sockets(app, settings, Watching(engine, vault))] if settings.holds_sockets else []
    parts = _parts(
        settings, brand, engine, vault, [metrics.hear, *_wakers_of_pages(settings, sockets)]
    )
    app.extensions["webflow"] = parts
    app.extensions[health.EXTENSION] = _health(parts, *map(live.SocketCount, sockets))
    if settings.proxy.hops:
        hops = settings.proxy.hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]  # as Flask documents it
    measures.register(app, access_log=settings.server.access_log)
    errors.register(app, dialects=DIALECTS)
    if settings.trusted_hosts:
        app.before_request(_refuse_other_hosts((*settings.trusted_hosts, *OWN_HOSTS)))
    if settings.profile == "demo":
        app.before_request(_follow_clock(parts))
    _transactions(app, parts)
    _doors(app, settings, brand)
    return app


def create_worker(settings: Settings) -> Worker:
    """Build the worker on the same parts."""
    parts: Parts = create_app(settings).extensions["webflow"]

    def keeping(keep: Callable[[Services], None]) -> None:
        services = Services(parts, writing=True)
        try:
            keep(services)
            services.commit()
        finally:
            services.close()

    def keep_sms(message: Sms) -> None:
        keeping(
            lambda services: services.testers.keep(
                message_id=message.reference,
                recipient=message.to,
                text=message.text,
                operation_id=message.operation_id,
            )
        )

    def keep_push(message: Push) -> None:
        keeping(lambda services: services.kept_pushes.keep(message))

    def find(application_id: str, kind: type[C]) -> C | None:
        services = Services(parts, writing=False)
        try:
            return services.mtoken.push_credentials.find(application_id, kind)
        finally:
            services.close()

    return Worker(
        parts,
        sms_channel(settings.sms, keep=keep_sms),
        push_channels(
            settings.push.chosen(settings.profile), settings.push, keep=keep_push, find=find
        ),
        webhooks=Webhooks(
            settings.callbacks,
            allow_private=settings.callbacks.allows_private(settings.profile),
        ),
        beside=_beside(parts),
        before=_clock_follower(parts).follow if settings.profile == "demo" else lambda: None,
    )


def refuse_unsafe_start(settings: Settings) -> None:
    """End a process of the production profile whose database holds what must not be there."""
    if settings.profile != "production":
        return
    parts: Parts = create_app(settings).extensions["webflow"]
    services = Services(parts, writing=False)
    try:
        faults = [
            *oauth.demo_leftovers(services),
            *leftover_users(services.system_users),
            *leftover_keys(services.access_keys),
        ]
    except CannotOpenError:
        faults = [WRONG_ROOT]
    except (NoDataKeyError, SQLAlchemyError):  # it may come up, or be seeded: /readyz tells
        faults = []
    finally:
        services.close()
        parts.engine.dispose()  # no connection survives a fork
    refuse(faults, "In the database")


def seed(app: Flask) -> None:
    """Put in what the provider cannot work without, and what the demo shows; repeatable."""
    parts: Parts = app.extensions["webflow"]
    with parts.engine.connect() as connection, alone(connection, Lock.SEED):
        _seed(parts)


def _seed(parts: Parts) -> None:
    services = Services(parts, writing=True, actor=operator())
    try:
        services.keys.ensure()
        services.commit()  # the vault reads its keys on a connection of its own
        services.keys.hold()
        services.configuring.seed()
        oauth.seed(services, parts.settings)
        if parts.settings.profile == "demo":
            application = parts.settings.mtoken.application
            services.mtoken.applications.ensure(application, parts.settings.bank.name)
            seed_demo_users(services.system_users, application)
            seed_demo_key(services.access_keys, application)
        services.journal.record(Name.DATABASE_SEEDED, "database")
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


def _refuse_other_hosts(names: Sequence[str]) -> Callable[[], None]:
    """Return a check of the Host header; Flask's own fails before there can be an error page."""

    def check() -> None:
        if not host_is_trusted(request.host.lower(), names):
            abort(400)

    return check


def _follow_clock(parts: Parts) -> Callable[[], None]:
    follower = _clock_follower(parts)

    def follow() -> None:
        if request.blueprint != health.bp.name:  # they answer without a database, too
            follower.follow()

    return follow


def _sockets(app: Flask, settings: Settings, watching: Watching) -> live.Live:
    """Let the web process hold sockets, beside as many pages as without them."""
    app.extensions[live.EXTENSION] = app.wsgi_app = sockets = live.Live(  # type: ignore[method-assign]  # as Flask documents it
        app.wsgi_app,
        watching.find,
        mode="threading",
        origin=settings.issuer,
        cookie=settings.browser_cookie,
        connections=settings.live_connections,
        per_browser=settings.live.per_browser,
        pages=BoundedSemaphore(settings.web_threads),
    )
    return sockets


def _wakers_of_pages(settings: Settings, sockets: Sequence[live.Live]) -> Sequence[Listener]:
    """Return what wakes waiting pages: those of this process, or through Redis all of them."""
    if sockets:
        return [hints.listener(each.wake) for each in sockets]
    if settings.redis_url and not settings.embedded:
        return [hints.listener(hints.Sender(settings.redis_url))]
    return []


def _health(parts: Parts, *others: Collector) -> health.Health:
    readiness = Readiness(parts.engine, parts.vault, queue=lambda: ping(parts.settings))
    lag = OutboxLag(parts.engine)
    return health.Health(
        failing=readiness.failing,
        metrics=lambda: metrics.written(lag, *others),
        token=parts.settings.metrics.token.get_secret_value(),
    )


def _beside(parts: Parts) -> Callable[[], None]:
    """Return what serves the worker's own health, on a port of its own if there is one."""

    def serve() -> None:
        if parts.settings.profile == "demo":
            _clock_follower(parts).keep_following()
        app = Flask("worker", static_folder=None)
        app.extensions[health.EXTENSION] = _health(parts)
        app.register_blueprint(health.bp)
        port = parts.settings.worker.port
        try:
            health.serve(app, parts.settings.host, port)
        except OSError as error:
            refuse(
                [f"set WEBFLOW_WORKER__PORT: {port} cannot be used ({error.strerror})"], "Settings"
            )

    return serve if parts.settings.worker.port else lambda: None


def _refuse_bad_tables() -> None:
    found = [f"{table.name}: {fault}" for table in TABLES.values() for fault in faults(table)]
    if found:
        raise InvalidConfiguration("; ".join(found))


def _config(settings: Settings, roots: Sequence[bytes]) -> dict[str, object]:
    newest, *older = [derive(root, "flask.session") for root in roots]
    return {
        "SECRET_KEY": newest,
        "SECRET_KEY_FALLBACKS": older,
        "WTF_CSRF_SECRET_KEY": [*reversed(older), newest],  # the last one signs
        "SESSION_COOKIE_NAME": "__Host-wf_session" if settings.is_https else "wf_session",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.is_https,
        "WTF_CSRF_TIME_LIMIT": None,  # a flow has its own end
        "WTF_CSRF_SSL_STRICT": False,  # we send no referrer; Sec-Fetch-Site is checked instead
        "SQLALCHEMY_DATABASE_URI": settings.database,
        "SQLALCHEMY_ENGINE_OPTIONS": store_engine.options(settings.database, settings.web_threads),
    }


def _database(app: Flask) -> Engine:
    database = SQLAlchemy(metadata=Base.metadata)
    database.init_app(app)
    Migrate(app, database, directory=str(ROOT / "migrations"))
    with app.app_context():
        store_engine.listen(database.engine)
        return database.engine


def _named(settings: Settings, brand: Brand) -> Settings:
    """Return the settings with the name that the brand gives the bank."""
    if brand.description.name is None:
        return settings
    bank = settings.bank.model_copy(update={"name": brand.description.name})
    return settings.model_copy(update={"bank": bank})


def _parts(
    settings: Settings, brand: Brand, engine: Engine, vault: Vault, listeners: Sequence[Listener]
) -> Parts:
    return Parts(
        settings=settings,
        engine=engine,
        vault=vault,
        bank=build_bank(settings.bank),
        texts=Texts(ROOT / "translations", ROOT / "templates", settings.bank.name, brand.words),
        gate=HashingGate(hashing_slots(settings)),
        listeners=listeners,
        wake_worker=waker(settings),
        bearers=Bearers(settings.nextstep) if settings.nextstep.auth == "oidc" else None,
    )


def _doors(app: Flask, settings: Settings, brand: Brand) -> None:
    elsewhere = settings.live_address if settings.live_address != settings.issuer else None
    guard.register(app, https=settings.is_https, sockets=elsewhere, fonts=brand.has_fonts)
    locale.register(
        app,
        languages=settings.web.languages,
        timezone=settings.web.timezone,
        own=brand.words,
    )
    bank_look.register(app, brand)
    formats.register(app, timezone=settings.web.timezone)
    app.jinja_env.add_extension(Unindented)
    app.jinja_env.globals.update(
        bank_name=settings.bank.name,
        portal_host=urlsplit(settings.issuer).netloc,
        qr_svg=qr_svg,
        texts_of=messages.text,
        live_address=settings.live_address,
        leaving_ends=settings.flow.refresh_policy == "interrupt",
        warning_seconds=int(settings.flow.warning.total_seconds()),
    )
    limits.register(app, settings.rate_limits, redis_url=settings.redis_url)
    csrf = CSRFProtect(app)
    for api in (health.bp, *(bp for name, bp in APIS.items() if name in settings.surfaces)):
        csrf.exempt(api)
        app.register_blueprint(api)
    if "nevis" in settings.surfaces:
        demo = settings.demo_address if settings.profile == "demo" else None
        app.register_blueprint(open_link.pages(demo))
    if "portal" in settings.surfaces:
        app.register_blueprint(flow.bp)
        oauth.register(app, csrf, settings, prefer=locale.prefer)
        if settings.profile == "demo":
            csrf.exempt(testers.bp)  # its posts check the token themselves, for JSON has none
            app.register_blueprint(testers.bp)
    cli.register(app, settings, seed=seed)


def _transactions(app: Flask, parts: Parts) -> None:
    """One request, one transaction: commit what wrote and did not fail."""
    https, cookie = parts.settings.is_https, parts.settings.browser_cookie

    @app.before_request
    def open_services() -> None:
        token = request.cookies.get(cookie)
        is_safe = request.method in ("GET", "HEAD", "OPTIONS")
        writing = not is_safe and request.endpoint not in nevis.READS
        g.services = Services(parts, writing=writing, browser_token=token)
        if request.blueprint in APIS:
            facade, address = request.blueprint, request.remote_addr or ""
            g.services.came = {"facade": facade, "address": address}
        g.reset = current.set(g.services)

    @app.after_request
    def commit(response: Response) -> Response:
        services: Services | None = g.get("services")
        if services is None:
            return response
        if services.is_writing and not g.get("failed"):
            services.commit()
        if services.kept_browser_token is not None:
            response.set_cookie(
                cookie,
                services.kept_browser_token,
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
