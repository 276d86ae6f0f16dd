"""A flow knows when its customer went on with one device in spite of the warning."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("flows") as flows:
        flows.add_column(sa.Column("device_accepted_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("flows") as flows:
        flows.drop_column("device_accepted_at")
