"""Fresh databases, migrated and seeded once and then copied, and applications on them."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import Engine, make_url
from werkzeug.routing import Rule

from app.factory import create_app, seed
from app.services import Services
from app.settings import RateLimitSettings, Settings

Compiled = Callable[..., tuple[str, str]]
_compile_builder = Rule._compile_builder  # noqa: SLF001 - see below
_compiled: dict[tuple[object, ...], Compiled] = {}


def _compile_once(rule: Rule, append_unknown: bool = True) -> Compiled:  # noqa: FBT001, FBT002 - theirs
    """Compile each address once for all applications of a run: that is most of building one."""
    key = (append_unknown, tuple(rule._trace), repr(rule.defaults))  # noqa: SLF001 - as above
    if key not in _compiled:
        _compiled[key] = _compile_builder(rule, append_unknown)
    return _compiled[key]


Rule._compile_builder = _compile_once  # type: ignore[method-assign, assignment]  # noqa: SLF001
SECRET = "a secret of the tests, long enough"


def settings_for(database_url: str, folder: Path) -> Settings:
    """Return settings that are the same on every machine."""
    return Settings(
        database_url=database_url,
        var_dir=folder,
        secret_key=SECRET,
        log_level="WARNING",
        rate_limits=RateLimitSettings(
            authorize="", oauth_failures="", nextstep_failures="", cloud_failures=""
        ),
    )


@contextmanager
def built(settings: Settings) -> Iterator[Flask]:
    """Build the application, and close its database afterwards."""
    app = create_app(settings)
    try:
        yield app
    finally:
        engine_of(app).dispose()


def engine_of(app: Flask) -> Engine:
    """Return the engine that the application made."""
    engine: Engine = app.extensions["webflow"].engine
    return engine


def prepare(settings: Settings) -> None:
    """Migrate and seed the database that the settings name."""
    with built(settings) as app:
        with app.app_context():
            upgrade()
        seed(app)
        _chain_audit(app)


def _chain_audit(app: Flask) -> None:
    """Chain what seeding wrote, as a worker does: a long run of tests must not find it overdue."""
    services = Services(app.extensions["webflow"], writing=True)
    try:
        services.audit.seal(services.commit)
    finally:
        services.close()


@contextmanager
def postgres_database(server: str, *, template: str = "template1") -> Iterator[str]:
    """Yield the URL of a database of its own on the server."""
    name = f"webflow_{os.getpid()}_{os.urandom(4).hex()}"
    _run(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        _run(server, f"DROP DATABASE {name} WITH (FORCE)")


def name_of(url: str) -> str:
    """Return the name of the database in a URL."""
    return make_url(url).database or ""


def _run(server: str, statement: str) -> None:
    """Run one statement outside of a transaction, as CREATE DATABASE wants it."""
    plain = server.replace("postgresql+psycopg://", "postgresql://", 1)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(statement.encode())
