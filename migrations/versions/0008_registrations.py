"""Applications, registrations of phones, and what the device API remembers."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0006"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
REGISTRATION = ["registrations.id"]


def upgrade() -> None:
    op.create_table(
        "mobile_applications",
        sa.Column("id", sa.String(length=256), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("application_key", sa.String(length=24), nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("master_key_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("master_public", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mobile_applications")),
        sa.UniqueConstraint("application_key", name=op.f("uq_mobile_applications_application_key")),
    )
    _registrations()
    op.create_table(
        "registration_history",
        sa.Column("registration_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=256), nullable=False),
        sa.Column("external_user_id", sa.String(length=256), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("registration_id", "number", name=op.f("pk_registration_history")),
        _of_registration("registration_history"),
    )
    op.create_table(
        "registration_tokens",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("registration_id", sa.String(length=36), nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration_tokens")),
        _of_registration("registration_tokens"),
    )
    op.create_index(
        op.f("ix_registration_tokens_registration_id"), "registration_tokens", ["registration_id"]
    )
    op.create_table(
        "push_devices",
        sa.Column("registration_id", sa.String(length=36), nullable=False),
        sa.Column("platform", sa.String(length=8), nullable=False),
        sa.Column("environment", sa.String(length=16), nullable=True),
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("token_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "platform IN ('apns', 'fcm', 'hms')", name=op.f("ck_push_devices_platform")
        ),
        sa.PrimaryKeyConstraint("registration_id", name=op.f("pk_push_devices")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_push_devices_token_digest")),
        _of_registration("push_devices"),
    )
    _envelopes()


def _registrations() -> None:
    op.create_table(
        "registrations",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("application_id", sa.String(length=256), nullable=False),
        sa.Column("user_id", sa.String(length=256), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("commit_phase", sa.String(length=16), nullable=False),
        sa.Column("version", sa.String(length=8), nullable=False),
        sa.Column("code_digest", sa.String(length=64), nullable=True),
        sa.Column("code_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("otp_digest", sa.String(length=64), nullable=True),
        sa.Column("server_key_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("server_public", sa.LargeBinary(), nullable=False),
        sa.Column("device_public", sa.LargeBinary(), nullable=True),
        sa.Column("keys_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("counter", sa.Integer(), nullable=False),
        sa.Column("counter_data_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("failed_attempts", sa.Integer(), nullable=False),
        sa.Column("max_failed_attempts", sa.Integer(), nullable=False),
        sa.Column("blocked_reason", sa.String(length=256), nullable=True),
        sa.Column("flags", sa.JSON(), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=True),
        sa.Column("platform", sa.String(length=16), nullable=True),
        sa.Column("device_info", sa.String(length=256), nullable=True),
        sa.Column("extras", sa.String(length=256), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("last_used_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "state IN ('CREATED', 'PENDING_COMMIT', 'ACTIVE', 'BLOCKED', 'REMOVED')",
            name=op.f("ck_registrations_state"),
        ),
        sa.CheckConstraint(
            "commit_phase IN ('ON_COMMIT', 'ON_KEY_EXCHANGE')",
            name=op.f("ck_registrations_commit_phase"),
        ),
        sa.CheckConstraint("counter >= 0", name=op.f("ck_registrations_counter")),
        sa.CheckConstraint(
            "failed_attempts >= 0 AND failed_attempts <= max_failed_attempts",
            name=op.f("ck_registrations_attempts"),
        ),
        sa.CheckConstraint(
            "(state = 'BLOCKED') = (blocked_reason IS NOT NULL)",
            name=op.f("ck_registrations_blocked"),
        ),
        sa.CheckConstraint(
            "state IN ('CREATED', 'REMOVED') OR keys_sealed IS NOT NULL AND "
            "counter_data_sealed IS NOT NULL AND device_public IS NOT NULL",
            name=op.f("ck_registrations_keys"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registrations")),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["mobile_applications.id"],
            name=op.f("fk_registrations_application_id"),
        ),
        sa.UniqueConstraint("code_digest", name=op.f("uq_registrations_code_digest")),
    )
    op.create_index(op.f("ix_registrations_application_id"), "registrations", ["application_id"])
    op.create_index(
        "ix_registrations_user", "registrations", ["user_id", "application_id", "state"]
    )
    op.create_index("ix_registrations_expiry", "registrations", ["state", "expires_at"])


def _envelopes() -> None:
    op.create_table(
        "temporary_keys",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("application_id", sa.String(length=256), nullable=False),
        sa.Column("registration_id", sa.String(length=36), nullable=True),
        sa.Column("private_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_temporary_keys")),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["mobile_applications.id"],
            name=op.f("fk_temporary_keys_application_id"),
            ondelete="CASCADE",
        ),
        _of_registration("temporary_keys"),
    )
    for column in ("expires_at", "registration_id"):
        op.create_index(op.f(f"ix_temporary_keys_{column}"), "temporary_keys", [column])
    op.create_table(
        "used_values",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_used_values")),
    )
    op.create_index(op.f("ix_used_values_expires_at"), "used_values", ["expires_at"])


def _of_registration(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["registration_id"],
        REGISTRATION,
        name=op.f(f"fk_{table}_registration_id"),
        ondelete="CASCADE",
    )


def downgrade() -> None:
    for table in ("used_values", "temporary_keys", "push_devices", "registration_tokens",
                  "registration_history", "registrations", "mobile_applications"):  # fmt: skip
        op.drop_table(table)
