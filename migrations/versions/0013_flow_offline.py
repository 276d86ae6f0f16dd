"""A flow knows whose phone signs without a network, and the nonce that it signs."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("flows") as flows:
        flows.add_column(sa.Column("offline", sa.JSON(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("flows") as flows:
        flows.drop_column("offline")
