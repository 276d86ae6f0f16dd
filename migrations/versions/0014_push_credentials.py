"""What lets us push to an application by APNs, FCM and HMS."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "push_credentials",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("application_id", sa.String(length=256), nullable=False),
        sa.Column("provider", sa.String(length=8), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "provider IN ('apns', 'fcm', 'hms')", name=op.f("ck_push_credentials_provider")
        ),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["mobile_applications.id"],
            name=op.f("fk_push_credentials_application_id_mobile_applications"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_credentials")),
        sa.UniqueConstraint(
            "application_id", "provider", name=op.f("uq_push_credentials_application_id_provider")
        ),
    )


def downgrade() -> None:
    op.drop_table("push_credentials")
