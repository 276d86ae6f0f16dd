"""A system user sees the applications that it was given."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLE = "pa_cloud_user_application"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.String(length=256), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["pa_cloud_user.id"], name=op.f(f"fk_{TABLE}_user_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["mobile_applications.id"],
            name=op.f(f"fk_{TABLE}_application_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "application_id", name=op.f(f"pk_{TABLE}")),
    )


def downgrade() -> None:
    op.drop_table(TABLE)
