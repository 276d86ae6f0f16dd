"""A flow knows what the phone is asked for it; what a browser is walking is found at once."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("flows") as flows:
        flows.add_column(sa.Column("mtoken_operation_id", sa.String(length=64), nullable=True))
        flows.drop_index(op.f("ix_flows_browser_id"))
    running = sa.text("result = 'CONTINUE'")
    op.create_index(
        "ix_flows_running",
        "flows",
        ["browser_id"],
        sqlite_where=running,
        postgresql_where=running,
    )


def downgrade() -> None:
    op.drop_index("ix_flows_running", "flows")
    with op.batch_alter_table("flows") as flows:
        flows.drop_column("mtoken_operation_id")
        flows.create_index(op.f("ix_flows_browser_id"), ["browser_id"])
