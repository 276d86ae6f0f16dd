"""The migrations and the models say the same, on both databases."""

from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import CheckConstraint, Engine, inspect

from app.store.db import Base
from tests.support.databases import built, engine_of, settings_for

both = pytest.mark.parametrize("empty_database", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def migrating(empty_database, tmp_path) -> Iterator[Flask]:
    with built(settings_for(empty_database, tmp_path)) as app, app.app_context():
        yield app


def written(index: dict[str, object]) -> str:
    """An index in words; the condition of a partial one is an object that compares to nothing."""
    options = {name: str(value) for name, value in index.get("dialect_options", {}).items()}
    return str({**index, "dialect_options": options})


def schema(engine: Engine) -> dict[str, object]:
    """Everything that the database can say about its tables, in an order that does not matter."""
    found = inspect(engine)
    return {
        table: {
            "columns": {
                column["name"]: (str(column["type"]), column["nullable"], column["default"])
                for column in found.get_columns(table)
            },
            "key": found.get_pk_constraint(table),
            "foreign": sorted(map(str, found.get_foreign_keys(table))),
            "unique": sorted(map(str, found.get_unique_constraints(table))),
            "checks": sorted(map(str, found.get_check_constraints(table))),
            "indexes": sorted(map(written, found.get_indexes(table))),
        }
        for table in sorted(found.get_table_names())
    }


@both
def test_an_upgrade_from_nothing_gives_what_the_models_say(migrating):
    upgrade()
    with engine_of(migrating).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


@both
def test_the_checks_of_the_models_stand_in_the_database(migrating):
    upgrade()
    found = inspect(engine_of(migrating))
    for table in Base.metadata.tables.values():
        checks = {c.name for c in table.constraints if isinstance(c, CheckConstraint)}
        assert {c["name"] for c in found.get_check_constraints(table.name)} == checks, table.name


@both
def test_down_leaves_nothing_behind(migrating):
    upgrade()
    downgrade(revision="base")
    assert inspect(engine_of(migrating)).get_table_names() == ["alembic_version"]


@both
def test_up_down_and_up_again_gives_the_same_tables(migrating):
    upgrade()
    once = schema(engine_of(migrating))
    downgrade(revision="base")
    upgrade()
    assert schema(engine_of(migrating)) == once


@both
def test_upgrading_twice_changes_nothing(migrating):
    upgrade()
    once = schema(engine_of(migrating))
    upgrade()
    assert schema(engine_of(migrating)) == once
