"""One application for walks that do not get into each other's way."""

import shutil

import pytest

from tests.support.databases import built, settings_for


@pytest.fixture(scope="module")
def shared_app(sqlite_template, tmp_path_factory):
    folder = tmp_path_factory.mktemp("shared")
    path = folder / "webflow.db"
    shutil.copyfile(sqlite_template, path)
    with built(settings_for(f"sqlite:///{path}", folder)) as app:
        yield app
