"""Codes that nobody gets stand apart; the newest messages of one user are found at once."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("da_sms_authorization") as table:
        table.drop_index("ix_da_sms_authorization_user_id")
        table.create_index("ix_da_sms_authorization_user", ["user_id", "timestamp_created"])
    op.create_table(
        "sms_decoys",
        sa.Column("message_id", sa.String(length=256), nullable=False),
        sa.Column("operation_id", sa.String(length=256), nullable=False),
        sa.Column("user_id", sa.String(length=256), nullable=False),
        sa.Column("organization_id", sa.String(length=256), nullable=True),
        sa.Column("operation_name", sa.String(length=256), nullable=False),
        sa.Column("authorization_code", sa.String(length=32), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("message_text", sa.Text(), nullable=False),
        sa.Column("code_digest", sa.String(length=64), nullable=False),
        sa.Column("data_digest", sa.String(length=64), nullable=False),
        sa.Column("verify_request_count", sa.Integer(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("timestamp_created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("timestamp_verified", sa.DateTime(timezone=True), nullable=True),
        sa.Column("timestamp_expires", sa.DateTime(timezone=True), nullable=False),
        sa.Column("timestamp_replaced", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_sms_decoys")),
    )
    with op.batch_alter_table("sms_decoys") as table:
        table.create_index(op.f("ix_sms_decoys_operation_id"), ["operation_id"])
        table.create_index(op.f("ix_sms_decoys_timestamp_created"), ["timestamp_created"])
        table.create_index("ix_sms_decoys_user", ["user_id", "timestamp_created"])


def downgrade() -> None:
    op.drop_table("sms_decoys")
    with op.batch_alter_table("da_sms_authorization") as table:
        table.drop_index("ix_da_sms_authorization_user")
        table.create_index("ix_da_sms_authorization_user_id", ["user_id"])
