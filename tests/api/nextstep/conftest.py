"""One application for all requests of a module that are refused: nothing changes in it."""

import shutil

import pytest

from tests.support.databases import built, settings_for


@pytest.fixture(scope="module")
def still_app(sqlite_template, tmp_path_factory):
    folder = tmp_path_factory.mktemp("still")
    path = folder / "webflow.db"
    shutil.copyfile(sqlite_template, path)
    with built(settings_for(f"sqlite:///{path}", folder)) as app:
        yield app
