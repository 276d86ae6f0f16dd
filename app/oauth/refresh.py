"""Refresh tokens: each is good once, and a copied one costs the whole family.

Rotation (RFC 9700, 4.14.2): a refresh uses its token up and hands out the next. Who brings a used
one holds a copy, or has been robbed: nobody can tell which, so everything of the family is revoked.
"""

from typing import ClassVar, NoReturn

from authlib.oauth2.rfc6749 import (
    InvalidGrantError,
    InvalidScopeError,
    RefreshTokenGrant,
)
from sqlalchemy import update

from app import clock
from app.events import Name
from app.oauth import families
from app.oauth.clients import BASIC, NONE, POST, Client, find_client
from app.oauth.errors import ClientNotAuthenticatedError
from app.oauth.grants import Code
from app.oauth.requests import Request
from app.oauth.tokens import Refresh, find_refresh_token
from app.services import services
from app.store.oauth import AuthorizationCode, RefreshToken


class Refreshed(Code):
    """What a refreshed ID token repeats of the login: everything but the nonce (Core, 12.2)."""

    def get_nonce(self) -> None:
        """Return nothing: a nonce belongs to the one authentication that it was sent for."""


class RefreshGrant(RefreshTokenGrant):
    """The refresh grant, with tokens that are kept hashed and used up atomically."""

    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar[list[str]] = [BASIC, POST, NONE]
    INCLUDE_NEW_REFRESH_TOKEN = True

    request: Request

    def authenticate_refresh_token(self, refresh_token: str) -> Refresh | None:
        """Look a token up. Nothing is used up yet: the request may still be malformed."""
        found = find_refresh_token(refresh_token)
        if found is None or not found.check_client(self.request.client):
            return None
        if found.row.used_at is not None:
            _notice_reuse(found)
        return None if found.is_revoked() or found.is_expired() else found

    def authenticate_user(self, refresh_token: Refresh) -> AuthorizationCode:
        """Use the token up, before anything is made from it; return what was granted."""
        client, grant = self.request.client, refresh_token.grant
        scope = self.request.payload.scope or refresh_token.get_scope()
        if client.get_allowed_scope(scope) is None:
            raise InvalidScopeError
        _check_customer(grant)
        _check_again(client)
        _use_up(refresh_token)
        self.request.authorization_code = Refreshed(grant)
        return grant

    def revoke_old_credential(self, refresh_token: Refresh) -> None:
        """Keep the used token: a second use must be noticed."""


def _check_customer(grant: AuthorizationCode) -> None:
    """Refuse a customer whom the bank does not know any more, or has blocked."""
    services().commit()  # nothing was changed; no transaction waits for the bank
    user = services().bank.user(grant.user_id, grant.organization_id or "")
    if user is None or not user.active:
        raise InvalidGrantError


def _check_again(client: Client) -> None:
    """Refuse a client that was disabled while the bank was asked."""
    services().session.expire(client.row)
    if find_client(client.client_id) is None:
        raise ClientNotAuthenticatedError


def _use_up(found: Refresh) -> None:
    """Of many who bring a token at once, one gets through; it must not exist twice."""
    session, now = services().session, clock.now()
    families.hold(found.row.family)
    used = session.scalar(
        update(RefreshToken)
        .where(
            RefreshToken.token_hash == found.row.token_hash,
            RefreshToken.used_at.is_(None),
            RefreshToken.revoked_at.is_(None),
            RefreshToken.expires_at > now,
        )
        .values(used_at=now)
        .returning(RefreshToken.token_hash)
    )
    if used is None:
        _refuse_late(found)


def _refuse_late(found: Refresh) -> NoReturn:
    """Refuse who came second."""
    services().session.refresh(found.row)
    if found.row.used_at is not None:
        _notice_reuse(found)
    raise InvalidGrantError


def _notice_reuse(found: Refresh) -> None:
    """Revoke a family whose used token comes back; the refusal does not undo that."""
    families.revoke(found.row.family)
    services().journal.record(
        Name.REFRESH_REPLAYED, found.grant.operation_id, client_id=found.row.client_id
    )
