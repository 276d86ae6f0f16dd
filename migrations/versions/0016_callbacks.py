"""Callbacks, and rows of the outbox that wait for their turn."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "callbacks",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("application_id", sa.String(256), nullable=False),
        sa.Column("name", sa.String(256), nullable=False),
        sa.Column("type", sa.String(32), nullable=False),
        sa.Column("url", sa.String(2048), nullable=False),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("basic_enabled", sa.Boolean(), nullable=False),
        sa.Column("basic_username", sa.String(256), nullable=True),
        sa.Column("basic_password_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("oauth2_enabled", sa.Boolean(), nullable=False),
        sa.Column("oauth2_client_id", sa.String(256), nullable=True),
        sa.Column("oauth2_secret_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("oauth2_token_uri", sa.String(2048), nullable=True),
        sa.Column("oauth2_scope", sa.String(1024), nullable=True),
        sa.Column("signing_secret_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("retention_seconds", sa.Integer(), nullable=False),
        sa.Column("backoff_ms", sa.Integer(), nullable=False),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "type IN ('REGISTRATION_STATUS_CHANGE', 'OPERATION_STATUS_CHANGE')",
            name=op.f("ck_callbacks_type"),
        ),
        sa.CheckConstraint("max_attempts >= 0 AND failures >= 0", name=op.f("ck_callbacks_counts")),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["mobile_applications.id"],
            name=op.f("fk_callbacks_application_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callbacks")),
    )
    op.create_index("ix_callbacks_interested", "callbacks", ["application_id", "type"])
    with op.batch_alter_table("outbox") as outbox:
        outbox.add_column(sa.Column("lane", sa.String(128), nullable=True))
        outbox.add_column(sa.Column("turn", sa.Integer(), nullable=False, server_default="0"))
        outbox.add_column(sa.Column("delete_after", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("outbox") as outbox:
        outbox.alter_column("turn", server_default=None)
    pending = sa.text("state = 'pending'")
    op.create_index(
        "ix_outbox_lane",
        "outbox",
        ["lane", "turn"],
        sqlite_where=pending,
        postgresql_where=pending,
    )
    op.create_index("ix_outbox_delete_after", "outbox", ["delete_after"])


def downgrade() -> None:
    op.execute("DELETE FROM outbox WHERE kind = 'callback'")  # nobody could send them any more
    op.drop_index("ix_outbox_delete_after", "outbox")
    op.drop_index("ix_outbox_lane", "outbox")
    with op.batch_alter_table("outbox") as outbox:
        outbox.drop_column("delete_after")
        outbox.drop_column("turn")
        outbox.drop_column("lane")
    op.drop_table("callbacks")
