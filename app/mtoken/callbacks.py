"""Callbacks as administrators and integrators see and change them."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.channels.addresses import AddressRefusedError, check_url
from app.crypto.vault import Vault
from app.errors import (
    ApplicationNotFound,
    CallbackNotFound,
    CallbackWithoutSecret,
    InvalidCallbackUrl,
    InvalidTokenUri,
)
from app.events import Journal, Name
from app.mtoken.callback_secrets import CallbackSecrets
from app.mtoken.callback_views import ALWAYS, Basic, Callback, CallbackWish, OAuth2
from app.store.applications import MobileApplication
from app.store.callbacks import CallbackRow
from app.store.outbox import Outbox


class Callbacks:
    """Makes, finds and changes them, each as part of its application."""

    def __init__(  # noqa: PLR0913 - what one transaction consists of
        self,
        session: Session,
        *,
        vault: Vault,
        journal: Journal,
        outbox: Outbox,
        allow_private: bool,
        within: frozenset[str] | None = None,
    ) -> None:
        self._session = session
        self._vault = vault
        self._secrets = CallbackSecrets(vault)
        self._journal = journal
        self._outbox = outbox
        self._allow_private = allow_private
        self._within = within
        """Applications whose callbacks there are; None: all."""

    def within(self, applications: frozenset[str]) -> "Callbacks":
        """Return the same for whom only these applications exist."""
        return Callbacks(
            self._session,
            vault=self._vault,
            journal=self._journal,
            outbox=self._outbox,
            allow_private=self._allow_private,
            within=applications,
        )

    def create(self, application_id: str, wish: CallbackWish) -> Callback:
        """Make a callback.

        Raises ApplicationNotFound, InvalidCallbackUrl, InvalidTokenUri, and CallbackWithoutSecret
        for an authentication that lacks its secret.
        """
        self._check_application(application_id)
        row = CallbackRow(
            id=str(uuid4()), application_id=application_id, failures=0, created_at=clock.now()
        )
        self._write(row, wish)
        self._session.add(row)
        self._session.flush()
        self._tell(Name.CALLBACK_CREATED, row)
        return _shown(row)

    def all(self, application_id: str) -> Sequence[Callback]:
        """Return the callbacks of an application, the oldest first. Raises ApplicationNotFound."""
        self._check_application(application_id)
        wanted = (
            select(CallbackRow)
            .where(CallbackRow.application_id == application_id)
            .order_by(CallbackRow.created_at, CallbackRow.id)
        )
        return [_shown(row) for row in self._session.scalars(wanted)]

    def update(self, application_id: str, callback_id: str, wish: CallbackWish) -> Callback:
        """Change a callback; it begins without failures. Raises CallbackNotFound, and as create."""
        row = self._changing(application_id, callback_id)
        self._write(row, wish)
        row.failures, row.failed_at = 0, None
        self._tell(Name.CALLBACK_CHANGED, row)
        return _shown(row)

    def remove(self, application_id: str, callback_id: str) -> None:
        """Remove a callback; what waits for it is never sent. Raises CallbackNotFound."""
        row = self._changing(application_id, callback_id)  # first, as whoever notes a call does it
        self._outbox.void(reference_of(row.id))
        self._session.delete(row)
        self._tell(Name.CALLBACK_REMOVED, row)

    def _write(self, row: CallbackRow, wish: CallbackWish) -> None:
        self._check_url(wish.url, InvalidCallbackUrl)
        self._keep_secrets_at_home(row, wish)
        row.name, row.type, row.url = wish.name, wish.type, wish.url
        always = ALWAYS[wish.type]
        row.attributes = [each for each in dict.fromkeys(wish.attributes) if each != always]
        self._write_basic(row, wish.basic)
        self._write_oauth2(row, wish.oauth2)
        if wish.signing_secret is not None:
            row.signing_secret_sealed = self._secrets.seal(
                row, "signing_secret", wish.signing_secret
            )
        row.retention_seconds = int(wish.retention.total_seconds())
        row.backoff_ms = int(wish.backoff / timedelta(milliseconds=1))
        row.max_attempts, row.enabled = wish.max_attempts, wish.enabled

    def _keep_secrets_at_home(self, row: CallbackRow, wish: CallbackWish) -> None:
        """Forget what was given for another place: nobody may have it sent to their own."""
        moves = origin_of(row.url) != origin_of(wish.url)
        if moves:
            row.basic_password_sealed = None
        uri = wish.oauth2.token_uri if wish.oauth2 else None
        if moves or origin_of(row.oauth2_token_uri) != origin_of(uri):
            row.oauth2_secret_sealed = None

    def _write_basic(self, row: CallbackRow, wish: Basic | None) -> None:
        if wish is None:
            row.basic_enabled, row.basic_username, row.basic_password_sealed = False, None, None
            return
        row.basic_enabled, row.basic_username = wish.enabled, wish.username
        if wish.password is not None:
            row.basic_password_sealed = self._secrets.seal(row, "basic_password", wish.password)
        if wish.enabled and not (wish.username and row.basic_password_sealed):
            raise CallbackWithoutSecret("HTTP Basic")

    def _write_oauth2(self, row: CallbackRow, wish: OAuth2 | None) -> None:
        if wish is None:
            row.oauth2_enabled, row.oauth2_client_id, row.oauth2_secret_sealed = False, None, None
            row.oauth2_token_uri = row.oauth2_scope = None
            return
        if wish.token_uri is not None:
            self._check_url(wish.token_uri, InvalidTokenUri)
        row.oauth2_enabled, row.oauth2_client_id = wish.enabled, wish.client_id
        row.oauth2_token_uri, row.oauth2_scope = wish.token_uri, wish.scope
        if wish.client_secret is not None:
            row.oauth2_secret_sealed = self._secrets.seal(row, "oauth2_secret", wish.client_secret)
        if wish.enabled and not (wish.client_id and wish.token_uri and row.oauth2_secret_sealed):
            raise CallbackWithoutSecret("OAuth 2")

    def _check_url(self, url: str, problem: Callable[[str], Exception]) -> None:
        try:
            check_url(url, allow_private=self._allow_private)
        except AddressRefusedError as refused:
            raise problem(refused.code) from None

    def _check_application(self, application_id: str) -> None:
        visible = self._within is None or application_id in self._within
        if not visible or self._session.get(MobileApplication, application_id) is None:
            raise ApplicationNotFound(application_id)

    def _changing(self, application_id: str, callback_id: str) -> CallbackRow:
        """Return a callback that nobody else changes until this transaction ends.

        Else an address of one change would get the secrets of another.
        """
        self._check_application(application_id)
        wanted = select(CallbackRow).where(
            CallbackRow.id == callback_id, CallbackRow.application_id == application_id
        )
        fresh = wanted.with_for_update().execution_options(populate_existing=True)
        row = self._session.scalar(fresh)
        if row is None:
            raise CallbackNotFound(callback_id)
        return row

    def _tell(self, name: Name, row: CallbackRow) -> None:
        self._journal.record(name, row.id, application=row.application_id, type=row.type)


def reference_of(callback_id: str) -> str:
    """Return what the outbox calls everything that is for a callback."""
    return f"callback:{callback_id}"


def _shown(row: CallbackRow) -> Callback:
    return Callback(
        id=row.id,
        application_id=row.application_id,
        name=row.name,
        type=row.type,
        url=row.url,
        attributes=tuple(row.attributes),
        basic=Basic(row.basic_enabled, row.basic_username),
        has_password=row.basic_password_sealed is not None,
        oauth2=OAuth2(
            row.oauth2_enabled,
            row.oauth2_client_id,
            token_uri=row.oauth2_token_uri,
            scope=row.oauth2_scope,
        ),
        has_client_secret=row.oauth2_secret_sealed is not None,
        has_signing_secret=row.signing_secret_sealed is not None,
        retention=timedelta(seconds=row.retention_seconds),
        backoff=timedelta(milliseconds=row.backoff_ms),
        max_attempts=row.max_attempts,
        enabled=row.enabled,
    )


def origin_of(url: str | None) -> tuple[str, str | None, int | None]:
    """Return the place that an address names."""
    try:
        parts = urlsplit(url or "")
        port = parts.port
    except ValueError:  # it is refused where it is checked
        return "", url, None
    return parts.scheme, parts.hostname, port
