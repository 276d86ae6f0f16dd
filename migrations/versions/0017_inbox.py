"""The inbox."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "inbox_messages",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("user_id", sa.String(256), nullable=False),
        sa.Column("type", sa.String(8), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("summary", sa.String(255), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("type IN ('text', 'html')", name=op.f("ck_inbox_messages_type")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox_messages")),
    )
    unread = sa.text("read_at IS NULL")
    op.create_index("ix_inbox_messages_user", "inbox_messages", ["user_id", "created_at", "id"])
    op.create_index(
        "ix_inbox_messages_unread",
        "inbox_messages",
        ["user_id", "read_at", "created_at", "id"],
        sqlite_where=unread,
        postgresql_where=unread,
    )
    op.create_index("ix_inbox_messages_created", "inbox_messages", ["created_at"])
    op.create_table(
        "inbox_applications",
        sa.Column("message_id", sa.String(36), nullable=False),
        sa.Column("application_id", sa.String(256), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["inbox_messages.id"],
            name=op.f("fk_inbox_applications_message_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["mobile_applications.id"],
            name=op.f("fk_inbox_applications_application_id"),
        ),
        sa.PrimaryKeyConstraint("message_id", "application_id", name=op.f("pk_inbox_applications")),
    )


def downgrade() -> None:
    op.drop_table("inbox_applications")
    op.drop_table("inbox_messages")
