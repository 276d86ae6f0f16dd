"""Fresh databases, migrated and seeded once and then copied, and applications on them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from flask import Flask
from flask_migrate import upgrade
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Engine, make_url
from werkzeug.routing import Rule

from app.factory import create_app, seed
from app.jobs import ping
from app.services import Services
from app.settings import RateLimitSettings, Settings
from tests.support.copies import new_name

if TYPE_CHECKING:
    from types import CodeType

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
            authorize="",
            oauth_failures="",
            nextstep_failures="",
            cloud_failures="",
            nevis_failures="",
        ),
    )


_first: dict[str, Engine] = {}
"""Kind of database → the first engine of a run."""


def _share_statements(engine: Engine) -> None:
    """Put each statement together once for all applications of a run: a sixth of its time."""
    first = _first.setdefault(engine.dialect.name, engine)
    engine.dialect, engine._compiled_cache = first.dialect, first._compiled_cache  # noqa: SLF001


class TemplateCache(BytecodeCache):
    """Compiles each template once for all applications of a run: a third of its time."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Put in what was compiled of the same source before."""
        bucket.code = self._compiled.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        assert bucket.code is not None
        self._compiled[bucket.key, bucket.checksum] = bucket.code


_templates = TemplateCache()


@contextmanager
def built(settings: Settings) -> Iterator[Flask]:
    """Build the application, and close its database afterwards."""
    app = create_app(settings)
    _share_statements(engine_of(app))
    app.jinja_env.bytecode_cache = _templates
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
    ping(settings)  # the queue makes its tables at the first word


def _chain_audit(app: Flask) -> None:
    """Chain what seeding wrote, as a worker does: a long run of tests must not find it overdue."""
    services = Services(app.extensions["webflow"], writing=True)
    try:
        services.audit.seal(services.commit)
    finally:
        services.close()


@contextmanager
def postgres_database(server: str) -> Iterator[str]:
    """Yield the URL of a database of its own on the server."""
    name = new_name()
    _run(server, f"CREATE DATABASE {name}")
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
