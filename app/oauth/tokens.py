"""Access tokens and refresh tokens: made, kept as hashes, found again."""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from uuid import uuid4

from authlib.oauth2.rfc6749 import TokenMixin
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from sqlalchemy import select

from app import clock
from app.events import Name
from app.oauth.clients import Client
from app.oauth.requests import Request
from app.services import services
from app.store.oauth import AuthorizationCode, RefreshToken, Token

ACCESS, REFRESH = "wf_at_", "wf_rt_"
"""What tokens begin with, so that a scanner of leaked secrets knows them."""

SECRET_BYTES = 32


class AccessToken(TokenMixin):
    """A token that was found by its hash, as Authlib asks about it."""

    def __init__(self, row: Token) -> None:
        self.row = row

    def check_client(self, client: Client) -> bool:
        """Tell whether it was issued to this client."""
        return self.row.client_id == client.client_id

    def get_scope(self) -> str:
        """Return what it is good for."""
        return self.row.scope

    def get_expires_in(self) -> int:
        """Return how long it was made to live, in seconds."""
        return int((self.row.expires_at - self.row.issued_at).total_seconds())

    def is_expired(self) -> bool:
        """Tell whether its time is over."""
        return clock.now() >= self.row.expires_at

    def is_revoked(self) -> bool:
        """Tell whether it was taken back."""
        return self.row.revoked_at is not None


class Refresh(TokenMixin):
    """A refresh token that was found by its hash, as Authlib asks about it."""

    def __init__(self, row: RefreshToken) -> None:
        self.row = row
        self.grant = row.grant

    def check_client(self, client: Client) -> bool:
        """Tell whether it was issued to this client."""
        return self.row.client_id == client.client_id

    def get_scope(self) -> str:
        """Return what was granted; an access token may have less, the next refresh token not."""
        return self.grant.scope

    def get_expires_in(self) -> int:
        """Return how long it was made to live, in seconds."""
        return int((self.row.expires_at - self.row.issued_at).total_seconds())

    def is_expired(self) -> bool:
        """Tell whether its time is over."""
        return clock.now() >= self.row.expires_at

    def is_revoked(self) -> bool:
        """Tell whether it was taken back, or used up."""
        return self.row.revoked_at is not None or self.row.used_at is not None


def generator(lifetime: timedelta) -> BearerTokenGenerator:
    """Return what makes tokens. Authlib's own lifetime would be ten days."""
    seconds = int(lifetime.total_seconds())
    return BearerTokenGenerator(
        lambda **_: ACCESS + secrets.token_urlsafe(SECRET_BYTES),
        lambda **_: REFRESH + secrets.token_urlsafe(SECRET_BYTES),
        expires_generator=lambda client, grant_type: seconds,  # noqa: ARG005 - Authlib's signature
    )


def save_token(token: Mapping[str, str], request: Request) -> None:
    """Keep the hashes of tokens that are about to be handed out."""
    grant: AuthorizationCode = request.user
    now, settings = clock.now(), services().settings.oauth
    services().session.add(
        Token(
            id=uuid4().hex,
            access_hash=_hash(token["access_token"]),
            family=grant.family,
            client_id=grant.client_id,
            user_id=grant.user_id,
            organization_id=grant.organization_id,
            scope=token["scope"],
            language=grant.language,
            sca=grant.sca,
            auth_time=grant.auth_time,
            operation_id=grant.operation_id,
            issued_at=now,
            expires_at=now + settings.access_token_lifetime,
        )
    )
    if "refresh_token" in token:
        services().session.add(
            RefreshToken(
                token_hash=_refresh_hash(token["refresh_token"]),
                family=grant.family,
                client_id=grant.client_id,
                issued_at=now,
                expires_at=grant.auth_time + settings.refresh_token_lifetime,
            )
        )
    name = Name.TOKEN_REFRESHED if request.refresh_token else Name.TOKEN_ISSUED
    services().journal.record(name, grant.operation_id, client_id=grant.client_id)


def find(token: str) -> AccessToken | Refresh | None:
    """Return the token with this value, of whatever kind, whatever its state."""
    return find_refresh_token(token) if token.startswith(REFRESH) else find_token(token)


def find_token(access_token: str) -> AccessToken | None:
    """Return the access token with this value, whatever its state."""
    wanted = select(Token).where(Token.access_hash == _hash(access_token))
    row = services().session.scalar(wanted)
    return AccessToken(row) if row is not None else None


def find_refresh_token(refresh_token: str) -> Refresh | None:
    """Return the refresh token with this value, whatever its state."""
    row = services().session.get(RefreshToken, _refresh_hash(refresh_token))
    return Refresh(row) if row is not None else None


def _hash(access_token: str) -> str:
    return services().vault.digest(access_token, purpose="oauth.access_token")


def _refresh_hash(refresh_token: str) -> str:
    return services().vault.digest(refresh_token, purpose="oauth.refresh_token")
