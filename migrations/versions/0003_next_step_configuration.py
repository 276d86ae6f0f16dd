"""Operator configuration, system users, and what back ends do to running operations."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

IDS = sa.Sequence("pa_cloud_user_seq")


def upgrade() -> None:
    _configuration()
    _system_users()
    with op.batch_alter_table("flows") as flows:
        flows.add_column(sa.Column("account_status", sa.String(length=16), nullable=True))
    with op.batch_alter_table("flow_history") as history:
        history.add_column(sa.Column("chosen", sa.String(length=32), nullable=True))
        history.add_column(sa.Column("caller", sa.String(length=256), nullable=True))
        history.add_column(sa.Column("context", sa.JSON(), nullable=True))


def _configuration() -> None:
    op.create_table(
        "configuration_version",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_configuration_version")),
    )
    op.create_table(
        "ns_step_definition",
        sa.Column("step_definition_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("operation_name", sa.String(length=256), nullable=False),
        sa.Column("operation_type", sa.String(length=32), nullable=False),
        sa.Column("request_auth_method", sa.String(length=32), nullable=True),
        sa.Column("request_auth_step_result", sa.String(length=32), nullable=True),
        sa.Column("response_priority", sa.Integer(), nullable=False),
        sa.Column("response_auth_method", sa.String(length=32), nullable=True),
        sa.Column("response_result", sa.String(length=32), nullable=False),
        sa.CheckConstraint(
            "operation_type IN ('CREATE', 'UPDATE')",
            name=op.f("ck_ns_step_definition_operation_type"),
        ),
        sa.CheckConstraint(
            "response_result IN ('CONTINUE', 'DONE', 'FAILED')",
            name=op.f("ck_ns_step_definition_result"),
        ),
        sa.PrimaryKeyConstraint("step_definition_id", name=op.f("pk_ns_step_definition")),
        sa.UniqueConstraint(
            "operation_name",
            "operation_type",
            "request_auth_method",
            "request_auth_step_result",
            "response_priority",
            name="uq_ns_step_definition_priority",
        ),
    )
    op.create_index(
        op.f("ix_ns_step_definition_operation_name"), "ns_step_definition", ["operation_name"]
    )
    op.create_table(
        "ns_operation_config",
        sa.Column("operation_name", sa.String(length=256), nullable=False),
        sa.Column("template_version", sa.String(length=256), nullable=False),
        sa.Column("template_id", sa.Integer(), nullable=False),
        sa.Column("mobile_token_enabled", sa.Boolean(), nullable=False),
        sa.Column("mobile_token_mode", sa.String(length=256), nullable=False),
        sa.Column("afs_enabled", sa.Boolean(), nullable=False),
        sa.Column("afs_config_id", sa.String(length=256), nullable=True),
        sa.Column("expiration_time", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("operation_name", name=op.f("pk_ns_operation_config")),
    )
    op.create_table(
        "ns_operation_method_config",
        sa.Column("operation_name", sa.String(length=256), nullable=False),
        sa.Column("auth_method", sa.String(length=32), nullable=False),
        sa.Column("max_auth_fails", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "operation_name", "auth_method", name=op.f("pk_ns_operation_method_config")
        ),
    )
    op.create_table(
        "ns_auth_method",
        sa.Column("auth_method", sa.String(length=32), nullable=False),
        sa.Column("order_number", sa.Integer(), nullable=False),
        sa.Column("check_user_prefs", sa.Boolean(), nullable=False),
        sa.Column("user_prefs_column", sa.Integer(), nullable=True),
        sa.Column("user_prefs_default", sa.Boolean(), nullable=True),
        sa.Column("check_auth_fails", sa.Boolean(), nullable=False),
        sa.Column("max_auth_fails", sa.Integer(), nullable=True),
        sa.Column("has_user_interface", sa.Boolean(), nullable=False),
        sa.Column("has_mobile_token", sa.Boolean(), nullable=False),
        sa.Column("display_name_key", sa.String(length=256), nullable=True),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("auth_method", name=op.f("pk_ns_auth_method")),
    )
    op.create_table(
        "ns_organization",
        sa.Column("organization_id", sa.String(length=256), nullable=False),
        sa.Column("display_name_key", sa.String(length=256), nullable=True),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("order_number", sa.Integer(), nullable=False),
        sa.Column("default_credential_name", sa.String(length=256), nullable=True),
        sa.Column("default_otp_name", sa.String(length=256), nullable=True),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_ns_organization")),
    )
    op.create_table(
        "ns_application",
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("timestamp_created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("timestamp_last_updated", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('ACTIVE', 'REMOVED')", name=op.f("ck_ns_application_status")
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_ns_application")),
    )


def _system_users() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.schema.CreateSequence(IDS))
    op.create_table(
        "pa_cloud_user",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("username", sa.String(length=256), nullable=False),
        sa.Column("password", sa.String(length=256), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pa_cloud_user")),
        sa.UniqueConstraint("username", name=op.f("uq_pa_cloud_user_username")),
    )
    op.create_table(
        "pa_cloud_user_authority",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("authority", sa.String(length=256), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["pa_cloud_user.id"],
            name=op.f("fk_pa_cloud_user_authority_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pa_cloud_user_authority")),
        sa.UniqueConstraint(
            "user_id", "authority", name=op.f("uq_pa_cloud_user_authority_user_id_authority")
        ),
    )


def downgrade() -> None:
    with op.batch_alter_table("flow_history") as history:
        for column in ("context", "caller", "chosen"):
            history.drop_column(column)
    with op.batch_alter_table("flows") as flows:
        flows.drop_column("account_status")
    op.drop_table("pa_cloud_user_authority")
    op.drop_table("pa_cloud_user")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.schema.DropSequence(IDS))
    for table in (
        "ns_application",
        "ns_organization",
        "ns_auth_method",
        "ns_operation_method_config",
        "ns_operation_config",
        "ns_step_definition",
        "configuration_version",
    ):
        op.drop_table(table)
