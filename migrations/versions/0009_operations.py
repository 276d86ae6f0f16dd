"""Operations that phones sign, with their history; pushes that testers read."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "operations",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.String(length=256), nullable=True),
        sa.Column("registration_id", sa.String(length=64), nullable=True),
        sa.Column("flag", sa.String(length=256), nullable=True),
        sa.Column("external_id", sa.String(length=256), nullable=True),
        sa.Column("template", sa.String(length=256), nullable=False),
        sa.Column("operation_type", sa.String(length=256), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("form_data", sa.JSON(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("factors", sa.JSON(), nullable=False),
        sa.Column("risk_flags", sa.String(length=16), nullable=False),
        sa.Column("ui", sa.JSON(), nullable=True),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("silent", sa.Boolean(), nullable=False),
        sa.Column("proximity_seed", sa.LargeBinary(), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("status_reason", sa.String(length=32), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("max_failures", sa.Integer(), nullable=False),
        sa.Column("additional_data", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('PENDING', 'APPROVED', 'REJECTED', 'FAILED', 'CANCELED', 'EXPIRED')",
            name=op.f("ck_operations_status"),
        ),
        sa.CheckConstraint(
            "(status = 'PENDING') = (finished_at IS NULL)", name=op.f("ck_operations_finished")
        ),
        sa.CheckConstraint(
            "failures >= 0 AND failures <= max_failures", name=op.f("ck_operations_failures")
        ),
        sa.CheckConstraint(
            "status <> 'PENDING' OR failures < max_failures", name=op.f("ck_operations_spent")
        ),
        sa.CheckConstraint(
            "status <> 'APPROVED' OR user_id IS NOT NULL", name=op.f("ck_operations_owned")
        ),
        sa.CheckConstraint("expires_at > created_at", name=op.f("ck_operations_lifetime")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operations")),
    )
    op.create_index("ix_operations_user", "operations", ["user_id", "created_at"])
    op.create_index("ix_operations_due", "operations", ["status", "expires_at"])
    op.create_index(op.f("ix_operations_external_id"), "operations", ["external_id"])
    op.create_table(
        "operation_applications",
        sa.Column("operation_id", sa.String(length=64), nullable=False),
        sa.Column("application_id", sa.String(length=256), nullable=False),
        sa.ForeignKeyConstraint(
            ["operation_id"],
            ["operations.id"],
            name=op.f("fk_operation_applications_operation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["mobile_applications.id"],
            name=op.f("fk_operation_applications_application_id"),
        ),
        sa.PrimaryKeyConstraint(
            "operation_id", "application_id", name=op.f("pk_operation_applications")
        ),
    )
    op.create_table(
        "operation_history",
        sa.Column("operation_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=256), nullable=True),
        sa.Column("registration_id", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["operation_id"],
            ["operations.id"],
            name=op.f("fk_operation_history_operation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("operation_id", "version", name=op.f("pk_operation_history")),
    )
    op.create_table(
        "demo_push",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("registration_id", sa.String(length=64), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("extras", sa.JSON(), nullable=False),
        sa.Column("operation_id", sa.String(length=64), nullable=False),
        sa.Column("timestamp", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_demo_push")),
    )
    op.create_index(op.f("ix_demo_push_timestamp"), "demo_push", ["timestamp"])


def downgrade() -> None:
    op.drop_table("demo_push")
    op.drop_table("operation_history")
    op.drop_table("operation_applications")
    op.drop_table("operations")
