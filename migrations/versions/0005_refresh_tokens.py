"""Refresh tokens, each a row of its own; what was reserved for them beside access tokens goes."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INDEXED = ("client_id", "expires_at", "family", "revoked_at")


def upgrade() -> None:
    op.create_table(
        "oauth_refresh_tokens",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("family", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=128), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["oauth_clients.client_id"],
            name=op.f("fk_oauth_refresh_tokens_client_id"),
        ),
        sa.ForeignKeyConstraint(
            ["family"], ["oauth_codes.family"], name=op.f("fk_oauth_refresh_tokens_family")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_oauth_refresh_tokens")),
    )
    for column in INDEXED:
        op.create_index(op.f(f"ix_oauth_refresh_tokens_{column}"), "oauth_refresh_tokens", [column])
    # No refresh token was ever issued before.
    with op.batch_alter_table("oauth_tokens") as tokens:
        tokens.drop_constraint(op.f("uq_oauth_tokens_refresh_hash"), type_="unique")
        tokens.drop_column("refresh_hash")


def downgrade() -> None:
    with op.batch_alter_table("oauth_tokens") as tokens:
        tokens.add_column(sa.Column("refresh_hash", sa.String(length=64), nullable=True))
        tokens.create_unique_constraint(op.f("uq_oauth_tokens_refresh_hash"), ["refresh_hash"])
    for column in INDEXED:
        op.drop_index(op.f(f"ix_oauth_refresh_tokens_{column}"), "oauth_refresh_tokens")
    op.drop_table("oauth_refresh_tokens")
