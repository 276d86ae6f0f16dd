"""One application for all tests of a module that do not mind each other, on each database.

A module asks for it with `pytest_plugins = ["tests.support.lasting"]`.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from flask import Flask

from tests.support.databases import built, settings_for


@pytest.fixture(scope="module")
def lasting_apps(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Flask]]:
    """Give applications by the kind of their database; each is built when it is first asked for."""
    kept: dict[str, Flask] = {}
    with ExitStack() as stack:

        def give(kind: str) -> Flask:
            if kind not in kept:
                folder = tmp_path_factory.mktemp("lasting")
                if kind == "sqlite":
                    path = folder / "webflow.db"
                    shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
                    url = f"sqlite:///{path}"
                else:
                    copies = request.getfixturevalue("postgres_copies")
                    url = stack.enter_context(copies.one())
                kept[kind] = stack.enter_context(built(settings_for(url, folder)))
            return kept[kind]

        yield give


@pytest.fixture(params=["sqlite", "postgresql"])
def lasting_app(request: pytest.FixtureRequest, lasting_apps: Callable[[str], Flask]) -> Flask:
    """Give an application whose database outlives the test."""
    return lasting_apps(request.param)
