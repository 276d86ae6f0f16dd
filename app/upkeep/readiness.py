"""Whether a process can work, and how far behind the outbox is."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

import structlog
from alembic.config import Config
from alembic.script import ScriptDirectory
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import ColumnElement, Engine, func, select, text

from app import clock
from app.crypto.vault import Vault
from app.store.outbox import CALLBACK, OutboxRow, is_next

log = structlog.get_logger("webflow.readiness")

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


class NotAtHeadError(Exception):
    """The database has another version of the tables than this program."""

    def __init__(self, found: str, wanted: str) -> None:
        super().__init__(f"the tables are at {found or 'nothing'}, this program needs {wanted}")


class Readiness:
    """Checks what a process needs, each by its name."""

    def __init__(self, engine: Engine, vault: Vault, **others: Callable[[], None]) -> None:
        self._engine = engine
        self._vault = vault
        self.checks: Mapping[str, Callable[[], None]] = {
            "database": self._database,
            "migrations": self._migrations,
            "keys": self._keys,
            **others,
        }

    def failing(self) -> list[str]:
        """Return the names of what is not as it must be; the log says why."""
        return list(self._failing())

    def _failing(self) -> Iterator[str]:
        for name, check in self.checks.items():
            try:
                check()
            except Exception:  # whatever it is, we are not ready
                log.warning("not_ready", part=name, exc_info=True)
                yield name
                if name == "database":  # the others would only wait for it once more
                    return

    def _database(self) -> None:
        with self._engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    def _migrations(self) -> None:
        with self._engine.connect() as connection:
            found = connection.execute(text("SELECT version_num FROM alembic_version")).scalars()
            versions = ", ".join(sorted(found))
        if versions != head():
            raise NotAtHeadError(versions, head())

    def _keys(self) -> None:
        self._vault.reload()
        self._vault.digest("", purpose="readiness")
        self._vault.seal(b"", context="readiness")


@cache
def head() -> str:
    """Return the newest migration that this program knows."""
    scripts = ScriptDirectory.from_config(
        Config(attributes={}, config_args={"script_location": str(MIGRATIONS)})
    )
    return ", ".join(sorted(scripts.get_heads()))


class OutboxLag(Collector):
    """How long the message that is due longest has been waiting, and how many wait.

    Callbacks by themselves: a slow receiver makes no text message late.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Look into the table now."""
        yield from self._measured("outbox", "deliver", OutboxRow.kind != CALLBACK)
        yield from self._measured("callbacks", "call", OutboxRow.kind == CALLBACK)

    def _measured(
        self, name: str, verb: str, kind: ColumnElement[bool]
    ) -> Iterator[GaugeMetricFamily]:
        due = select(func.count(), func.min(OutboxRow.due_at)).where(
            OutboxRow.state == "pending", OutboxRow.due_at <= clock.now(), kind, is_next()
        )
        with self._engine.connect() as connection:
            count, oldest = connection.execute(due).one()
        lag = (clock.now() - oldest).total_seconds() if count else 0.0
        yield GaugeMetricFamily(
            f"webflow_{name}_lag_seconds", f"How long what to {verb} is overdue", value=lag
        )
        yield GaugeMetricFamily(f"webflow_{name}_due", f"What to {verb} that is due", value=count)
