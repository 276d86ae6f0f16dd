"""The data keys that secrets are sealed and digested with; each is sealed by the root's key."""

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import CheckConstraint, Engine, Index, LargeBinary, String, select, text
from sqlalchemy.orm import Mapped, mapped_column

from app.crypto.vault import DataKey, Purpose
from app.store.db import Base

CURRENT = text("retired_at IS NULL")


class DataKeyRow(Base):
    """One data key. Of each purpose, one at most is current: two processes cannot both make it."""

    __tablename__ = "data_keys"
    __table_args__ = (
        CheckConstraint("purpose IN ('seal', 'digest')", name="purpose"),
        Index(
            "uq_data_keys_current",
            "purpose",
            unique=True,
            sqlite_where=CURRENT,
            postgresql_where=CURRENT,
        ),
    )

    kid: Mapped[str] = mapped_column(String(16), primary_key=True)
    """16 hexadecimal digits: what stands in the header of a sealed value."""
    purpose: Mapped[str] = mapped_column(String(16))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
    """A retired key seals nothing new; it stays until nothing is sealed with it any more."""

    def as_kept(self) -> DataKey:
        """Return it as the vault understands it."""
        return DataKey(
            kid=self.kid,
            purpose=cast("Purpose", self.purpose),
            sealed=self.sealed,
            is_current=self.retired_at is None,
        )


class KeyStore:
    """Reads data keys for the vault, on a connection of its own: no request waits for it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def read(self) -> Sequence[DataKey]:
        """Return every key that something may be sealed with."""
        columns = select(
            DataKeyRow.kid, DataKeyRow.purpose, DataKeyRow.sealed, DataKeyRow.retired_at
        )
        with self._engine.connect() as connection:
            rows = connection.execute(columns).all()
        return [
            DataKey(row.kid, cast("Purpose", row.purpose), row.sealed, row.retired_at is None)
            for row in rows
        ]
