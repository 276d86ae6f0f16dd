"""A flow knows what the phone is asked for it."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("flows") as flows:
        flows.add_column(sa.Column("mtoken_operation_id", sa.String(length=64), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("flows") as flows:
        flows.drop_column("mtoken_operation_id")
