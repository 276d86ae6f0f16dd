"""What administrators set: roles and configuration of applications, templates of operations."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "application_roles",
        sa.Column("application_id", sa.String(length=256), nullable=False),
        sa.Column("role", sa.String(length=256), nullable=False),
        _of_application("application_roles"),
        sa.PrimaryKeyConstraint("application_id", "role", name=op.f("pk_application_roles")),
    )
    op.create_table(
        "application_configuration",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("application_id", sa.String(length=256), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("values_sealed", sa.LargeBinary(), nullable=False),
        _of_application("application_configuration"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application_configuration")),
        sa.UniqueConstraint(
            "application_id", "key", name=op.f("uq_application_configuration_application_id_key")
        ),
    )
    op.create_table(
        "operation_templates",
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("operation_type", sa.String(length=256), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("factors", sa.JSON(), nullable=False),
        sa.Column("lifetime", sa.Integer(), nullable=False),
        sa.Column("max_failures", sa.Integer(), nullable=False),
        sa.Column("risk_flags", sa.String(length=16), nullable=False),
        sa.Column("proximity_check", sa.Boolean(), nullable=False),
        sa.Column("ui", sa.JSON(), nullable=True),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.CheckConstraint("lifetime > 0", name=op.f("ck_operation_templates_lifetime")),
        sa.CheckConstraint("max_failures > 0", name=op.f("ck_operation_templates_failures")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_operation_templates")),
    )
    with op.batch_alter_table("operations") as operations:
        operations.add_column(sa.Column("texts", sa.JSON(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("operations") as operations:
        operations.drop_column("texts")
    for table in ("operation_templates", "application_configuration", "application_roles"):
        op.drop_table(table)


def _of_application(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["application_id"],
        ["mobile_applications.id"],
        name=op.f(f"fk_{table}_application_id"),
        ondelete="CASCADE",
    )
