"""Real databases for every test that asks; nothing of one test reaches another.

Fixtures import the application when they run, so that pure tests start at once.
"""

# ruff: noqa: PLC0415 - see above

import gc
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings as hypothesis_settings

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

    from app.settings import Settings
    from tests.support.copies import Copies
    from tests.support.push_world import PushWorld
    from tests.support.tiers import Tiers

hypothesis_settings.register_profile("suite", deadline=None)
hypothesis_settings.load_profile("suite")
for name in [name for name in os.environ if name.startswith("WEBFLOW_")]:
    if not name.startswith("WEBFLOW_TEST_"):
        del os.environ[name]  # a developer's own settings

_servers = ExitStack()


def pytest_configure(config: pytest.Config) -> None:
    """Start the one PostgreSQL that all workers of xdist share, before there are any."""
    if config.getoption("numprocesses", None):
        from tests.support.postgres import GIVEN_URL, running_postgres

        os.environ[GIVEN_URL] = _servers.enter_context(running_postgres(durable=False))


def pytest_collection_finish() -> None:
    """Look for garbage more rarely, and not among the tests: one look at all takes a second."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(700, 10, 100)


def pytest_unconfigure() -> None:
    """Stop it."""
    _servers.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of a PostgreSQL where databases may be created."""
    from tests.support.postgres import running_postgres

    with running_postgres(durable=False) as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated and seeded SQLite file, to be copied."""
    from tests.support.databases import prepare, settings_for

    folder = tmp_path_factory.mktemp("template")
    prepare(settings_for("", folder))
    return folder / "webflow.db"


@pytest.fixture(scope="session")
def postgres_copies(postgres: str, postgres_template: str) -> Iterator["Copies"]:
    """Databases like the template."""
    from tests.support.copies import Copies

    copies = Copies(postgres, postgres_template)
    yield copies
    copies.drop()


@pytest.fixture(scope="session")
def postgres_template(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Name of a migrated and seeded PostgreSQL database, to be copied."""
    from tests.support.databases import name_of, postgres_database, prepare, settings_for

    with postgres_database(postgres) as url:
        prepare(settings_for(url, tmp_path_factory.mktemp("template")))
        yield name_of(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of a fresh database, migrated and seeded; the test runs once on each kind."""
    if request.param == "sqlite":
        path = tmp_path / "webflow.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    with request.getfixturevalue("postgres_copies").one() as url:
        yield url


@pytest.fixture
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of a database without a table; parametrise it with `indirect`, or get SQLite."""
    if getattr(request, "param", "sqlite") == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    from tests.support.databases import postgres_database

    with postgres_database(request.getfixturevalue("postgres")) as url:
        yield url


@pytest.fixture(scope="session")
def tiers(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Tiers"]:
    """Portals that run as processes of their own."""
    from tests.support.tiers import Tiers

    with Tiers(tmp_path_factory.mktemp("tiers")) as tiers:
        yield tiers


@pytest.fixture
def settings(database: str, tmp_path: Path) -> "Settings":
    """Settings on a fresh database."""
    from tests.support.databases import settings_for

    return settings_for(database, tmp_path)


@pytest.fixture
def app(settings: "Settings") -> Iterator["Flask"]:
    """The application on a fresh database."""
    from tests.support.databases import built

    with built(settings) as app:
        yield app


@pytest.fixture
def client(app: "Flask") -> "FlaskClient":
    """A browser inside the process; it keeps cookies and follows nothing by itself."""
    return app.test_client()


@pytest.fixture
def push_world(tmp_path: Path) -> Iterator["PushWorld"]:
    """Apple, Google and Huawei, as servers on this machine."""
    from tests.support.push_world import PushWorld

    with PushWorld(tmp_path) as world:
        yield world


@pytest.fixture(scope="module")
def shared_app(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator["Flask"]:
    """One application for tests of a module that do not get into each other's way."""
    from tests.support.databases import built, settings_for

    folder = tmp_path_factory.mktemp("shared")
    path = folder / "webflow.db"
    shutil.copyfile(sqlite_template, path)
    with built(settings_for(f"sqlite:///{path}", folder)) as app:
        yield app
