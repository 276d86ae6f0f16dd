"""What back ends of the second façade bring: access keys, and intents for one thing each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import uuid4

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app import clock
from app.crypto.vault import Vault
from app.errors import AccessKeyNotFound, ApplicationNotFound
from app.events import Journal, Name
from app.mtoken.facade_tokens import FacadeTokens
from app.store.access_keys import AccessKeyRow, IntentRow
from app.store.applications import MobileApplication

Purpose = Literal["enroll", "approve"]


@dataclass(frozen=True)
class AccessKey:
    """An access key as operators see it."""

    id: str
    application_id: str
    name: str
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True)
class Intent:
    """What an intent token lets its bearer do, once."""

    customer_id: str
    operation: Purpose
    channels: Sequence[str] | None
    """None: any."""


class AccessKeys:
    """Makes, lists, revokes and recognises them; a key is shown once, and kept as a keyed hash."""

    def __init__(
        self, session: Session, vault: Vault, journal: Journal, tokens: FacadeTokens
    ) -> None:
        self._session = session
        self._vault = vault
        self._journal = journal
        self._tokens = tokens

    def create(self, application_id: str, name: str) -> str:
        """Make a key; return it, which nobody can read again. Raises ApplicationNotFound."""
        if self._session.get(MobileApplication, application_id) is None:
            raise ApplicationNotFound(application_id)
        key_id = str(uuid4())
        key = self._tokens.access_key(application_id, key_id)
        self.admit(application_id, name, key, key_id=key_id)
        return key

    def admit(self, application_id: str, name: str, key: str, *, key_id: str | None = None) -> None:
        """Let in by a key that somebody else has made: a random one, or everybody gets in."""
        digest = self._digest(application_id, key)
        self._session.execute(delete(AccessKeyRow).where(AccessKeyRow.digest == digest))
        row = AccessKeyRow(
            id=key_id or str(uuid4()),
            application_id=application_id,
            name=name,
            digest=digest,
            created_at=clock.now(),
        )
        self._session.add(row)
        self._session.flush()
        self._journal.record(Name.ACCESS_KEY_CREATED, row.id, application=application_id)

    def all(self) -> Sequence[AccessKey]:
        """Return all keys, the oldest first."""
        rows = self._session.scalars(select(AccessKeyRow).order_by(AccessKeyRow.created_at))
        return [_seen(row) for row in rows]

    def revoke(self, key_id: str) -> None:
        """Refuse a key from the next call on; twice is once. Raises AccessKeyNotFound."""
        row = self._session.get(AccessKeyRow, key_id)
        if row is None:
            raise AccessKeyNotFound(key_id)
        if row.revoked_at is None:
            row.revoked_at = clock.now()
            self._journal.record(Name.ACCESS_KEY_REVOKED, row.id, application=row.application_id)

    def recognise(self, application_id: str, key: str) -> AccessKey | None:
        """Return the key of an application that works, by its text."""
        digest = self._digest(application_id, key)
        row = self._session.scalar(select(AccessKeyRow).where(AccessKeyRow.digest == digest))
        return None if row is None or row.revoked_at is not None else _seen(row)

    def having(self, key: str) -> Sequence[AccessKey]:
        """Return the keys that work and are this text."""
        return [
            each
            for each in self.all()
            if each.revoked_at is None and self.recognise(each.application_id, key) == each
        ]

    def _digest(self, application_id: str, key: str) -> str:
        return self._vault.digest(f"{application_id}\n{key}", purpose="access_keys.key")


class Intents:
    """Gives leave to do one thing with one user, and takes it back when it is done."""

    def __init__(
        self,
        session: Session,
        vault: Vault,
        journal: Journal,
        tokens: FacadeTokens,
        lifetime: timedelta,
    ) -> None:
        self._session = session
        self._vault = vault
        self._journal = journal
        self._tokens = tokens
        self._lifetime = lifetime

    def issue(self, application_id: str, intent: Intent) -> str:
        """Return a token for one thing; nobody can read it again."""
        token = self._tokens.intent(application_id, intent.customer_id, self._lifetime)
        moment = clock.now()
        self._session.add(
            IntentRow(
                digest=self._digest(application_id, token),
                application_id=application_id,
                user_row_id=intent.customer_id,
                operation=intent.operation,
                channels=None if intent.channels is None else list(intent.channels),
                created_at=moment,
                expires_at=moment + self._lifetime,
            )
        )
        self._session.flush()
        facts = {"application": application_id, "operation": intent.operation}
        self._journal.record(Name.INTENT_ISSUED, intent.customer_id, **facts)
        return token

    def find(self, application_id: str, token: str) -> Intent | None:
        """Return what a token is good for; None if it is not, or not any more."""
        row = self._session.get(IntentRow, self._digest(application_id, token))
        if row is None or row.used_at is not None or row.expires_at <= clock.now():
            return None
        operation: Purpose = "enroll" if row.operation == "enroll" else "approve"
        return Intent(row.user_row_id, operation, row.channels)

    def spend(self, application_id: str, token: str) -> bool:
        """Use a token up: True for exactly one caller, in time."""
        digest, moment = self._digest(application_id, token), clock.now()
        whose = self._session.scalar(
            update(IntentRow)
            .where(IntentRow.digest == digest, IntentRow.used_at.is_(None))
            .where(IntentRow.expires_at > moment)
            .values(used_at=moment)
            .returning(IntentRow.user_row_id)
            .execution_options(synchronize_session=False)
        )
        if whose is None:
            return False
        self._journal.record(Name.INTENT_USED, whose, application=application_id)
        return True

    def _digest(self, application_id: str, token: str) -> str:
        return self._vault.digest(f"{application_id}\n{token}", purpose="intents.token")


def _seen(row: AccessKeyRow) -> AccessKey:
    return AccessKey(row.id, row.application_id, row.name, row.created_at, row.revoked_at)
