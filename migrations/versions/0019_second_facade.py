"""Registrations and operations are of a kind; passkeys, users, access keys and transactions."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
KEYS_BEFORE = (
    "state IN ('CREATED', 'REMOVED') OR keys_sealed IS NOT NULL AND "
    "counter_data_sealed IS NOT NULL AND device_public IS NOT NULL"
)
KEYS = (
    "state IN ('CREATED', 'REMOVED') OR device_public IS NOT NULL AND "
    "(kind <> 'powerauth' OR keys_sealed IS NOT NULL AND counter_data_sealed IS NOT NULL)"
)
SERVER_KEY = "kind <> 'powerauth' OR server_key_sealed IS NOT NULL AND server_public IS NOT NULL"


def upgrade() -> None:
    for table in ("registrations", "operations"):
        op.add_column(
            table, sa.Column("kind", sa.String(16), nullable=False, server_default="powerauth")
        )
    with op.batch_alter_table("registrations") as registrations:
        registrations.alter_column("kind", server_default=None)
        for name in ("server_key_sealed", "server_public"):
            registrations.alter_column(name, existing_type=sa.LargeBinary(), nullable=True)
        registrations.drop_constraint(op.f("ck_registrations_keys"), type_="check")
        registrations.create_check_constraint(op.f("ck_registrations_keys"), KEYS)
        registrations.create_check_constraint(op.f("ck_registrations_server_key"), SERVER_KEY)
        registrations.create_check_constraint(
            op.f("ck_registrations_kind"), "kind IN ('powerauth', 'app', 'fido2')"
        )
    with op.batch_alter_table("operations") as operations:
        operations.alter_column("kind", server_default=None)
    _create_passkeys()
    _create_users()
    _create_keys()
    _create_transactions()


def _create_passkeys() -> None:
    op.create_table(
        "passkeys",
        sa.Column("registration_id", sa.String(36), nullable=False),
        sa.Column("credential_id", sa.String(1400), nullable=False),
        sa.Column("aaguid", sa.String(36), nullable=False),
        sa.Column("attestation_format", sa.String(32), nullable=False),
        sa.Column("transports", sa.JSON(), nullable=False),
        sa.Column("is_backed_up", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registrations.id"],
            name=op.f("fk_passkeys_registration_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("registration_id", name=op.f("pk_passkeys")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkeys_credential_id")),
    )


def _create_users() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("application_id", sa.String(256), nullable=False),
        sa.Column("username", sa.String(300), nullable=True),
        sa.Column("user_id", sa.String(256), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["mobile_applications.id"], name=op.f("fk_users_application_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint(
            "application_id", "username", name=op.f("uq_users_application_id_username")
        ),
        sa.UniqueConstraint(
            "application_id", "user_id", name=op.f("uq_users_application_id_user_id")
        ),
    )
    op.create_table(
        "phone_numbers",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("user_row_id", sa.String(36), nullable=False),
        sa.Column("number_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("confirmed_at", MOMENT, nullable=True),
        _of_user("phone_numbers"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_numbers")),
    )
    op.create_index(op.f("ix_phone_numbers_user_row_id"), "phone_numbers", ["user_row_id"])
    op.create_table(
        "recovery_codes",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("user_row_id", sa.String(36), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.CheckConstraint("length(digest) = 64", name=op.f("ck_recovery_codes_digest")),
        _of_user("recovery_codes"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_recovery_codes")),
    )
    op.create_index(op.f("ix_recovery_codes_user_row_id"), "recovery_codes", ["user_row_id"])


def _create_keys() -> None:
    op.create_table(
        "access_keys",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("application_id", sa.String(256), nullable=False),
        sa.Column("name", sa.String(256), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        _of_application("access_keys"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_keys")),
        sa.UniqueConstraint("digest", name=op.f("uq_access_keys_digest")),
    )
    op.create_index(op.f("ix_access_keys_application_id"), "access_keys", ["application_id"])
    op.create_table(
        "intents",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("application_id", sa.String(256), nullable=False),
        sa.Column("user_row_id", sa.String(36), nullable=False),
        sa.Column("operation", sa.String(16), nullable=False),
        sa.Column("channels", sa.JSON(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.CheckConstraint("operation IN ('enroll', 'approve')", name=op.f("ck_intents_operation")),
        _of_application("intents"),
        _of_user("intents"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_intents")),
    )
    op.create_index(op.f("ix_intents_user_row_id"), "intents", ["user_row_id"])
    op.create_index(op.f("ix_intents_expires_at"), "intents", ["expires_at"])


def _create_transactions() -> None:
    op.create_table(
        "transactions",
        sa.Column("operation_id", sa.String(64), nullable=False),
        sa.Column("application_id", sa.String(256), nullable=False),
        sa.Column("user_row_id", sa.String(36), nullable=True),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("dispatch_digest", sa.String(64), nullable=True),
        sa.Column("redeemed_at", MOMENT, nullable=True),
        sa.Column("response_digest", sa.String(64), nullable=True),
        sa.Column("challenge", sa.String(43), nullable=True),
        sa.Column("code_digest", sa.String(64), nullable=True),
        sa.Column("phone_number_id", sa.String(36), nullable=True),
        sa.Column("verified_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "purpose IN ('enroll', 'approve')", name=op.f("ck_transactions_purpose")
        ),
        sa.CheckConstraint(
            "channel IN ('app', 'push', 'sms', 'fido2')", name=op.f("ck_transactions_channel")
        ),
        sa.ForeignKeyConstraint(
            ["operation_id"],
            ["operations.id"],
            name=op.f("fk_transactions_operation_id"),
            ondelete="CASCADE",
        ),
        _of_application("transactions"),
        _of_user("transactions"),
        sa.PrimaryKeyConstraint("operation_id", name=op.f("pk_transactions")),
        sa.UniqueConstraint("dispatch_digest", name=op.f("uq_transactions_dispatch_digest")),
        sa.UniqueConstraint("response_digest", name=op.f("uq_transactions_response_digest")),
        sa.UniqueConstraint("challenge", name=op.f("uq_transactions_challenge")),
    )
    op.create_index(op.f("ix_transactions_user_row_id"), "transactions", ["user_row_id"])


def downgrade() -> None:
    # What only the second façade knows is gone; the phones of the first one stay.
    for table in (
        "transactions", "intents", "access_keys", "recovery_codes", "phone_numbers", "users",
        "passkeys",
    ):  # fmt: skip
        op.drop_table(table)
    for table in ("registrations", "operations"):
        op.execute(f"DELETE FROM {table} WHERE kind <> 'powerauth'")  # noqa: S608 - names of ours
    with op.batch_alter_table("registrations") as registrations:
        for name in ("keys", "server_key", "kind"):
            registrations.drop_constraint(op.f(f"ck_registrations_{name}"), type_="check")
        for name in ("server_key_sealed", "server_public"):
            registrations.alter_column(name, existing_type=sa.LargeBinary(), nullable=False)
        registrations.drop_column("kind")
        registrations.create_check_constraint(op.f("ck_registrations_keys"), KEYS_BEFORE)
    with op.batch_alter_table("operations") as operations:
        operations.drop_column("kind")


def _of_application(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["application_id"],
        ["mobile_applications.id"],
        name=op.f(f"fk_{table}_application_id"),
    )


def _of_user(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["user_row_id"], ["users.id"], name=op.f(f"fk_{table}_user_row_id"), ondelete="CASCADE"
    )
