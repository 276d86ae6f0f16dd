"""Forget what nobody needs any more, a little at a time, so that no table is locked for long."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Delete, Update, delete, null, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from app import clock
from app.settings import RetentionSettings
from app.store.access_keys import IntentRow
from app.store.attempts import UserAttempts
from app.store.envelopes import TemporaryKeyRow, UsedValue
from app.store.flows import Flow
from app.store.inbox import InboxMessageRow
from app.store.oauth import AuthorizationCode, AuthorizationRequest, RefreshToken, Token
from app.store.operations import OperationRow
from app.store.otps import SmsAuthorization, SmsDecoy
from app.store.outbox import OutboxRow
from app.store.sessions import Browser
from app.store.testers import DemoPush, DemoSms
from app.store.transactions import TransactionRow
from app.store.users import PhoneNumberRow

BATCH = 500


class Cleaning:
    """Deletes rows whose time is over."""

    def __init__(self, session: Session, settings: RetentionSettings) -> None:
        self._session = session
        self._settings = settings

    def run(self, commit: Callable[[], None]) -> Mapping[str, int]:
        """Clean everything; `commit` ends each batch. Returns what was done, by name."""
        settings = self._settings
        walked = select(Flow.id).where(Flow.browser_id == Browser.id, Flow.result == "CONTINUE")
        tokens = select(Token.id).where(Token.family == AuthorizationCode.family)
        refresh_tokens = select(RefreshToken.token_hash).where(
            RefreshToken.family == AuthorizationCode.family
        )
        over = self._over
        forgotten = select(OperationRow.id).where(
            OperationRow.id == TransactionRow.operation_id,
            over(OperationRow.expires_at, settings.transactions),
        )
        awaited = select(TransactionRow.operation_id).where(
            TransactionRow.phone_number_id == PhoneNumberRow.id,
            TransactionRow.operation_id == OperationRow.id,
            OperationRow.expires_at > clock.now(),
        )
        work: dict[str, tuple[InstrumentedAttribute[str], ColumnElement[bool]]] = {
            "browsers": (
                Browser.id,
                over(Browser.created_at, settings.browsers) & ~walked.exists(),
            ),
            "requests": (
                AuthorizationRequest.id,
                over(AuthorizationRequest.expires_at, settings.oauth),
            ),
            "tokens": (Token.id, over(Token.expires_at, settings.oauth)),
            # A used one is kept as long as its family could be refreshed: it must be noticed.
            "refresh_tokens": (
                RefreshToken.token_hash,
                over(RefreshToken.expires_at, settings.oauth)
                | over(RefreshToken.revoked_at, settings.oauth),
            ),
            "codes": (
                AuthorizationCode.code_hash,
                over(AuthorizationCode.expires_at, settings.oauth)
                & ~tokens.exists()
                & ~refresh_tokens.exists(),
            ),
            "outbox": (
                OutboxRow.id,
                over(OutboxRow.finished_at, settings.outbox) & OutboxRow.delete_after.is_(None),
            ),
            "callbacks": (OutboxRow.id, over(OutboxRow.delete_after, timedelta(0))),
            "sms_codes": (
                SmsAuthorization.message_id,
                over(SmsAuthorization.timestamp_created, settings.sms_codes),
            ),
            "sms_decoys": (
                SmsDecoy.message_id,
                over(SmsDecoy.timestamp_created, settings.sms_codes),
            ),
            "inbox": (InboxMessageRow.id, over(InboxMessageRow.created_at, settings.inbox)),
            "temporary_keys": (
                TemporaryKeyRow.id,
                over(TemporaryKeyRow.expires_at, timedelta(0)),
            ),
            "intents": (IntentRow.digest, over(IntentRow.expires_at, timedelta(0))),
            "transactions": (TransactionRow.operation_id, forgotten.exists()),
            "phone_numbers": (
                PhoneNumberRow.id,
                over(PhoneNumberRow.created_at, settings.oauth)
                & PhoneNumberRow.confirmed_at.is_(None)
                & ~awaited.exists(),
            ),
            "used_values": (UsedValue.digest, over(UsedValue.expires_at, timedelta(0))),
            "demo_sms": (DemoSms.message_id, over(DemoSms.timestamp, settings.demo_sms)),
            "demo_push": (DemoPush.id, over(DemoPush.timestamp, settings.demo_push)),
        }
        done = {name: self._delete(key, which, commit) for name, (key, which) in work.items()}
        done["typed"] = self._forget_what_was_typed(commit)
        done["attempts"] = self._forget_failures(commit)
        return {name: count for name, count in done.items() if count}

    def _delete(
        self,
        key: InstrumentedAttribute[str],
        which: ColumnElement[bool],
        commit: Callable[[], None],
    ) -> int:
        some = select(key).where(which).limit(BATCH)
        return self._repeat(delete(key.class_).where(key.in_(some)), commit)

    def _forget_what_was_typed(self, commit: Callable[[], None]) -> int:
        over = self._over(Flow.finished_at, self._settings.typed)
        some = select(Flow.id).where(over & Flow.username.is_not(None)).limit(BATCH)
        forget = update(Flow).where(Flow.id.in_(some)).values(username=None, problem=null())
        return self._repeat(forget, commit)

    def _forget_failures(self, commit: Callable[[], None]) -> int:
        blocked = UserAttempts.blocked_until
        gone = delete(UserAttempts).where(
            self._over(UserAttempts.updated_at, self._settings.attempts),
            blocked.is_(None) | (blocked <= clock.now()),
        )
        count = self._run(gone)
        commit()
        return count

    def _repeat(self, statement: Delete | Update, commit: Callable[[], None]) -> int:
        total = 0
        while count := self._run(statement):
            total += count
            commit()
        return total

    def _run(self, statement: Delete | Update) -> int:
        unsynchronised = statement.execution_options(synchronize_session=False)
        return cast("CursorResult[Any]", self._session.execute(unsynchronised)).rowcount

    def _over(self, column: InstrumentedAttribute[Any], kept: timedelta) -> ColumnElement[bool]:
        return column <= clock.now() - kept
