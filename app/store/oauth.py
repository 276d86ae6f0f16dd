"""What the OAuth provider keeps. Every secret stands here as a keyed hash, or sealed."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.store.db import Base


class OAuthClient(Base):
    """One registered third party."""

    __tablename__ = "oauth_clients"
    __table_args__ = (
        CheckConstraint("login_operation IN ('login_sca', 'login')", name="login_operation"),
        CheckConstraint(
            "token_endpoint_auth_method IN ('client_secret_basic', 'client_secret_post', 'none')",
            name="auth_method",
        ),
        CheckConstraint(
            "(secret_hash IS NULL) = (token_endpoint_auth_method = 'none')", name="secret"
        ),
    )

    client_id: Mapped[str] = mapped_column(String(128), primary_key=True)
    secret_hash: Mapped[str | None] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(256))
    description: Mapped[str | None] = mapped_column(Text)
    redirect_uris: Mapped[list[str]] = mapped_column(JSON)
    """Compared as exact strings."""
    scopes: Mapped[list[str]] = mapped_column(JSON)
    login_operation: Mapped[str] = mapped_column(String(16), default="login_sca")
    """The operation that the scope `aisp` starts."""
    token_endpoint_auth_method: Mapped[str] = mapped_column(
        String(32), default="client_secret_basic"
    )
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class AuthorizationRequest(Base):
    """A checked authorize request that waits for the end of its flow."""

    __tablename__ = "oauth_requests"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("oauth_clients.client_id"), index=True)
    browser_id: Mapped[str] = mapped_column(String(64))
    operation_id: Mapped[str] = mapped_column(String(256), index=True)
    handle: Mapped[str] = mapped_column(String(64))
    """Name of the flow in its URL, to send a browser back that is not done."""
    parameters: Mapped[dict[str, Any]]
    """The request as it was checked, each name once: what the answer is made from."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    finished_at: Mapped[datetime | None]
    """Set once, by the one visit that is answered."""


class AuthorizationCode(Base):
    """A code as its hash, and everything that the tokens made from it will say."""

    __tablename__ = "oauth_codes"

    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    family: Mapped[str] = mapped_column(String(64), unique=True)
    """Ties the code to its tokens, so that a replay can revoke them."""
    client_id: Mapped[str] = mapped_column(ForeignKey("oauth_clients.client_id"), index=True)
    redirect_uri: Mapped[str] = mapped_column(Text)
    scope: Mapped[str] = mapped_column(Text)
    nonce: Mapped[str | None] = mapped_column(Text)
    code_challenge: Mapped[str] = mapped_column(String(128))
    operation_id: Mapped[str] = mapped_column(String(256), index=True)
    user_id: Mapped[str] = mapped_column(String(256))
    organization_id: Mapped[str | None] = mapped_column(String(256))
    language: Mapped[str] = mapped_column(String(16))
    sca: Mapped[bool]
    acr: Mapped[str] = mapped_column(String(64))
    amr: Mapped[list[str]] = mapped_column(JSON)
    auth_time: Mapped[datetime]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


class Token(Base):
    """An access token as its hash."""

    __tablename__ = "oauth_tokens"
    __table_args__ = (Index("ix_oauth_tokens_user_id_client_id", "user_id", "client_id"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    access_hash: Mapped[str] = mapped_column(String(64), unique=True)
    family: Mapped[str] = mapped_column(ForeignKey("oauth_codes.family"), index=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("oauth_clients.client_id"), index=True)
    user_id: Mapped[str] = mapped_column(String(256))
    organization_id: Mapped[str | None] = mapped_column(String(256))
    scope: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(16))
    sca: Mapped[bool]
    auth_time: Mapped[datetime]
    operation_id: Mapped[str] = mapped_column(String(256), index=True)
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    revoked_at: Mapped[datetime | None]
    grant: Mapped[AuthorizationCode] = relationship(lazy="joined", innerjoin=True)
    """The code that it was made from: what was granted, and how it was proved."""


class RefreshToken(Base):
    """A refresh token as its hash. A used one is kept: if it comes back, it was copied."""

    __tablename__ = "oauth_refresh_tokens"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    family: Mapped[str] = mapped_column(ForeignKey("oauth_codes.family"), index=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("oauth_clients.client_id"), index=True)
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    """The same for the whole family: counted from the login, not from the last refresh."""
    used_at: Mapped[datetime | None]
    """Set once, by the one refresh that it was good for."""
    revoked_at: Mapped[datetime | None] = mapped_column(index=True)
    grant: Mapped[AuthorizationCode] = relationship(lazy="joined", innerjoin=True)


class SigningKey(Base):
    """A key that signs ID tokens: the private half sealed, the public half as published."""

    __tablename__ = "signing_keys"

    kid: Mapped[str] = mapped_column(String(64), primary_key=True)
    private_jwk_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    public_jwk: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(index=True)
    signs_from: Mapped[datetime]
    """A new key is published before it signs, so that clients have fetched it by then."""
    retired_at: Mapped[datetime | None]
    """When it signs no more; it stays published while tokens that it signed are valid."""
