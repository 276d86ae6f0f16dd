"""Callbacks as the worker calls them: what is needed for a call, and a circuit for each."""

from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.orm import Session

from app import clock
from app.channels.webhook import Call
from app.crypto.vault import Vault
from app.events import Journal, Name
from app.mtoken.callback_secrets import CallbackSecrets
from app.settings import CallbacksSettings
from app.store.callbacks import CallbackRow
from app.store.db import changed_one

GROWTH = 1.5
"""How much longer each wait is than the one before."""


@dataclass(frozen=True)
class Receiver:
    """How a callback is called, and how often."""

    id: str
    max_attempts: int
    backoff: timedelta
    retention: timedelta

    def wait_after(self, attempt: int, longest: timedelta) -> timedelta | None:
        """Return when it is tried again after so many attempts; None: no more."""
        if attempt >= self.max_attempts:
            return None
        steps = min(attempt - 1, 64)  # by then any wait is the longest
        return min(self.backoff * GROWTH**steps, longest)


TABLE = cast("Table", CallbackRow.__table__)
FAILURES = select(TABLE.c.failures).where(TABLE.c.id == bindparam("callback"))
"""Asked after every call: put together once, and not through the ORM."""


class Receivers:
    """Finds them for the worker, and keeps account of failures in a row."""

    def __init__(
        self, session: Session, vault: Vault, settings: CallbacksSettings, journal: Journal
    ) -> None:
        self._session = session
        self._secrets = CallbackSecrets(vault)
        self._settings = settings
        self._journal = journal

    def find(self, callback_id: str) -> CallbackRow | None:
        """Return a callback that is there, enabled, and has attempts at all."""
        row = self._session.get(CallbackRow, callback_id)
        return row if row is not None and row.enabled and row.max_attempts > 0 else None

    def receiver(self, row: CallbackRow) -> Receiver:
        """Return how often and how fast it is called."""
        return Receiver(
            id=row.id,
            max_attempts=row.max_attempts,
            backoff=timedelta(milliseconds=row.backoff_ms),
            retention=timedelta(seconds=row.retention_seconds),
        )

    def call(self, row: CallbackRow, *, key: str, body: str) -> Call:
        """Return the call that a row of the outbox becomes. Raises CannotOpenError."""
        return Call(
            id=key,
            url=row.url,
            body=body.encode(),
            basic=self._secrets.basic(row),
            client=self._secrets.client(row),
            signing_secret=self._secrets.signing(row),
        )

    def admits(self, row: CallbackRow) -> bool:
        """Tell whether it may be called now.

        After too many failures in a row nobody calls, but for one at a time who looks, a while
        after the last failure, whether it works again.
        """
        if not self._is_open(row.failures):
            return True
        moment = clock.now()
        # One that is being changed is left alone: whoever changes it may wait for our delivery.
        ready = (
            select(CallbackRow.id)
            .where(CallbackRow.id == row.id)
            .where(CallbackRow.failed_at <= moment - self._settings.reset_timeout)
            .with_for_update(skip_locked=True)
        )
        looking = (
            update(CallbackRow)
            .where(CallbackRow.id.in_(ready.scalar_subquery()))
            .values(failed_at=moment)
            .execution_options(synchronize_session=False)
        )
        return changed_one(self._session, looking)

    def pause(self, callback_id: str) -> timedelta:
        """Return how long it will not be called, for too many failures in a row."""
        row = self._session.get(CallbackRow, callback_id, populate_existing=True)
        if row is None or row.failed_at is None or not self._is_open(row.failures):
            return timedelta(0)
        return max(row.failed_at + self._settings.reset_timeout - clock.now(), timedelta(0))

    def succeeded(self, callback_id: str) -> None:
        """Note that it works."""
        before = self._failures(callback_id)
        if not before:
            return
        works = update(CallbackRow).where(CallbackRow.id == callback_id, CallbackRow.failures > 0)
        changed = changed_one(self._session, works.values(failures=0, failed_at=None))
        if changed and self._is_open(before):
            self._journal.record(Name.CALLBACK_RESUMED, callback_id)

    def failed(self, callback_id: str) -> None:
        """Count a failure."""
        counted = (
            update(CallbackRow)
            .where(CallbackRow.id == callback_id)
            .values(failures=CallbackRow.failures + 1, failed_at=clock.now())
            .returning(CallbackRow.failures)
            .execution_options(synchronize_session=False)
        )
        if self._session.scalar(counted) == self._settings.failure_threshold:
            self._journal.record(Name.CALLBACK_SUSPENDED, callback_id)

    def _failures(self, callback_id: str) -> int:
        return self._session.connection().scalar(FAILURES, {"callback": callback_id}) or 0

    def _is_open(self, failures: int) -> bool:
        return failures >= self._settings.failure_threshold > 0
