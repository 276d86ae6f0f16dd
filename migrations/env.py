"""How `flask db …` runs the migrations: on the application's engine, against our models."""

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from alembic.migration import MigrationContext
from alembic.operations import MigrationScript
from flask import current_app
from sqlalchemy import Connection, Engine
from sqlalchemy.types import TypeDecorator

from app import store
from app.store.db import Base
from app.upkeep.locks import Lock, alone

VERSIONS = Path(__file__).parent / "versions"

for module in iter_modules(store.__path__):
    import_module(f"app.store.{module.name}")


def number(
    _context: MigrationContext,
    _revision: str | Iterable[str | None] | Iterable[str],
    scripts: list[MigrationScript],
) -> None:
    """Name a new migration after the highest number so far, and write none that is empty."""
    for script in list(scripts):
        if script.upgrade_ops is not None and script.upgrade_ops.is_empty():
            scripts.remove(script)
        else:
            numbers = [int(path.name[:4]) for path in VERSIONS.glob("[0-9][0-9][0-9][0-9]_*.py")]
            script.rev_id = f"{max(numbers, default=0) + 1:04d}"


def plain(kind: str, item: object, _context: AutogenContext) -> str | Literal[False]:
    """Write our column types as what the database knows: a migration must outlive our code."""
    if kind == "type" and isinstance(item, TypeDecorator) and type(item).__module__[:4] == "app.":
        return f"sa.{item.impl!r}"
    return False


def migrate(connection: Connection) -> None:
    """Run what the command asked for, each migration whole or not at all."""
    if connection.dialect.name == "sqlite":
        # A batch copies the table and drops the old one; rows that refer to it must not follow.
        # Only outside of a transaction does SQLite listen, hence not through SQLAlchemy.
        connection.connection.cursor().execute("PRAGMA foreign_keys = OFF")
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        render_as_batch=True,
        transactional_ddl=True,
        transaction_per_migration=True,
        process_revision_directives=number,
        render_item=plain,
    )
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    context.configure(
        url=current_app.extensions["migrate"].db.engine.url,
        target_metadata=Base.metadata,
        literal_binds=True,
    )
    with context.begin_transaction():
        context.run_migrations()
else:
    engine: Engine = current_app.extensions["migrate"].db.engine
    with engine.connect().execution_options(writing=True) as given:
        with alone(given, Lock.MIGRATIONS):
            migrate(given)
        given.invalidate()  # the pragma above must not reach whoever gets the connection next
