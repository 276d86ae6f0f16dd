"""Everything that the first flows need."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "browsers",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_browsers")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_browsers_token_digest")),
    )
    with op.batch_alter_table("browsers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_browsers_created_at"), ["created_at"], unique=False)

    op.create_table(
        "da_sms_authorization",
        sa.Column("message_id", sa.String(length=256), nullable=False),
        sa.Column("operation_id", sa.String(length=256), nullable=False),
        sa.Column("user_id", sa.String(length=256), nullable=False),
        sa.Column("organization_id", sa.String(length=256), nullable=True),
        sa.Column("operation_name", sa.String(length=256), nullable=False),
        sa.Column("authorization_code", sa.String(length=32), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("message_text", sa.Text(), nullable=False),
        sa.Column("code_digest", sa.String(length=64), nullable=False),
        sa.Column("data_digest", sa.String(length=64), nullable=False),
        sa.Column("verify_request_count", sa.Integer(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("timestamp_created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("timestamp_verified", sa.DateTime(timezone=True), nullable=True),
        sa.Column("timestamp_expires", sa.DateTime(timezone=True), nullable=False),
        sa.Column("timestamp_replaced", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_da_sms_authorization")),
    )
    with op.batch_alter_table("da_sms_authorization", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_da_sms_authorization_operation_id"), ["operation_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_da_sms_authorization_timestamp_created"),
            ["timestamp_created"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_da_sms_authorization_user_id"), ["user_id"], unique=False
        )

    op.create_table(
        "demo_sms",
        sa.Column("message_id", sa.String(length=256), nullable=False),
        sa.Column("recipient", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("operation_id", sa.String(length=256), nullable=False),
        sa.Column("timestamp", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_demo_sms")),
    )
    with op.batch_alter_table("demo_sms", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_demo_sms_timestamp"), ["timestamp"], unique=False)

    op.create_table(
        "flows",
        sa.Column("id", sa.String(length=256), nullable=False),
        sa.Column("handle", sa.String(length=64), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("operation_name", sa.String(length=256), nullable=False),
        sa.Column("operation_data", sa.Text(), nullable=False),
        sa.Column("form_data", sa.JSON(), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("application", sa.JSON(), nullable=True),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("client_id", sa.String(length=256), nullable=True),
        sa.Column("external_operation_name", sa.String(length=256), nullable=True),
        sa.Column("external_transaction_id", sa.String(length=256), nullable=True),
        sa.Column("user_id", sa.String(length=256), nullable=True),
        sa.Column("organization_id", sa.String(length=256), nullable=True),
        sa.Column("username", sa.String(length=256), nullable=True),
        sa.Column("result", sa.String(length=16), nullable=False),
        sa.Column("result_reason", sa.String(length=256), nullable=False),
        sa.Column("canceled", sa.Boolean(), nullable=False),
        sa.Column("step", sa.String(length=32), nullable=True),
        sa.Column("offered", sa.JSON(), nullable=False),
        sa.Column("phase", sa.String(length=32), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("problem", sa.JSON(), nullable=True),
        sa.Column("sms_id", sa.String(length=64), nullable=True),
        sa.Column("sms_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sms_resent", sa.Boolean(), nullable=False),
        sa.Column("debit_account", sa.JSON(), nullable=True),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("browser_id", sa.String(length=64), nullable=True),
        sa.Column("return_to", sa.String(length=256), nullable=True),
        sa.Column("return_origin", sa.String(length=2048), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("authenticated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(result = 'CONTINUE') = (step IS NOT NULL)", name=op.f("ck_flows_step")
        ),
        sa.CheckConstraint(
            "result IN ('CONTINUE', 'DONE', 'FAILED')", name=op.f("ck_flows_result")
        ),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_flows_attempts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flows")),
        sa.UniqueConstraint("handle", name=op.f("uq_flows_handle")),
    )
    with op.batch_alter_table("flows", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_flows_browser_id"), ["browser_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_flows_client_id"), ["client_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_flows_external_transaction_id"),
            ["external_transaction_id"],
            unique=False,
        )
        batch_op.create_index("ix_flows_open", ["result", "expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_flows_user_id"), ["user_id"], unique=False)

    op.create_table(
        "oauth_clients",
        sa.Column("client_id", sa.String(length=128), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=True),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("redirect_uris", sa.JSON(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("login_operation", sa.String(length=16), nullable=False),
        sa.Column("token_endpoint_auth_method", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(secret_hash IS NULL) = (token_endpoint_auth_method = 'none')",
            name=op.f("ck_oauth_clients_secret"),
        ),
        sa.CheckConstraint(
            "login_operation IN ('login_sca', 'login')",
            name=op.f("ck_oauth_clients_login_operation"),
        ),
        sa.CheckConstraint(
            "token_endpoint_auth_method IN ('client_secret_basic', 'client_secret_post', 'none')",
            name=op.f("ck_oauth_clients_auth_method"),
        ),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_oauth_clients")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("reference", sa.String(length=256), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "state IN ('pending', 'delivered', 'failed', 'void')", name=op.f("ck_outbox_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index("ix_outbox_due", ["state", "due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_outbox_reference"), ["reference"], unique=False)

    op.create_table(
        "signing_keys",
        sa.Column("kid", sa.String(length=64), nullable=False),
        sa.Column("private_jwk_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("public_jwk", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_signing_keys")),
    )
    with op.batch_alter_table("signing_keys", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_signing_keys_created_at"), ["created_at"], unique=False
        )

    op.create_table(
        "flow_history",
        sa.Column("flow_id", sa.String(length=256), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("step", sa.String(length=32), nullable=False),
        sa.Column("step_result", sa.String(length=32), nullable=False),
        sa.Column("instruments", sa.JSON(), nullable=False),
        sa.Column("result", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=256), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["flow_id"], ["flows.id"], name=op.f("fk_flow_history_flow_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("flow_id", "number", name=op.f("pk_flow_history")),
    )
    op.create_table(
        "given_consents",
        sa.Column("flow_id", sa.String(length=256), nullable=False),
        sa.Column("user_id", sa.String(length=256), nullable=False),
        sa.Column("client_id", sa.String(length=256), nullable=True),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["flow_id"], ["flows.id"], name=op.f("fk_given_consents_flow_id")),
        sa.PrimaryKeyConstraint("flow_id", name=op.f("pk_given_consents")),
    )
    with op.batch_alter_table("given_consents", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_given_consents_client_id"), ["client_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_given_consents_user_id"), ["user_id"], unique=False)

    op.create_table(
        "oauth_codes",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("family", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=128), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=True),
        sa.Column("code_challenge", sa.String(length=128), nullable=False),
        sa.Column("operation_id", sa.String(length=256), nullable=False),
        sa.Column("user_id", sa.String(length=256), nullable=False),
        sa.Column("organization_id", sa.String(length=256), nullable=True),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("sca", sa.Boolean(), nullable=False),
        sa.Column("acr", sa.String(length=64), nullable=False),
        sa.Column("amr", sa.JSON(), nullable=False),
        sa.Column("auth_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id"], ["oauth_clients.client_id"], name=op.f("fk_oauth_codes_client_id")
        ),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_oauth_codes")),
        sa.UniqueConstraint("family", name=op.f("uq_oauth_codes_family")),
    )
    with op.batch_alter_table("oauth_codes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_oauth_codes_client_id"), ["client_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_oauth_codes_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_oauth_codes_operation_id"), ["operation_id"], unique=False
        )

    op.create_table(
        "oauth_requests",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=128), nullable=False),
        sa.Column("browser_id", sa.String(length=64), nullable=False),
        sa.Column("operation_id", sa.String(length=256), nullable=False),
        sa.Column("handle", sa.String(length=64), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id"], ["oauth_clients.client_id"], name=op.f("fk_oauth_requests_client_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_requests")),
    )
    with op.batch_alter_table("oauth_requests", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_oauth_requests_client_id"), ["client_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_oauth_requests_expires_at"), ["expires_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_oauth_requests_operation_id"), ["operation_id"], unique=False
        )

    op.create_table(
        "oauth_tokens",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("access_hash", sa.String(length=64), nullable=False),
        sa.Column("refresh_hash", sa.String(length=64), nullable=True),
        sa.Column("family", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=128), nullable=False),
        sa.Column("user_id", sa.String(length=256), nullable=False),
        sa.Column("organization_id", sa.String(length=256), nullable=True),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("sca", sa.Boolean(), nullable=False),
        sa.Column("auth_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("operation_id", sa.String(length=256), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id"], ["oauth_clients.client_id"], name=op.f("fk_oauth_tokens_client_id")
        ),
        sa.ForeignKeyConstraint(
            ["family"], ["oauth_codes.family"], name=op.f("fk_oauth_tokens_family")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_tokens")),
        sa.UniqueConstraint("access_hash", name=op.f("uq_oauth_tokens_access_hash")),
        sa.UniqueConstraint("refresh_hash", name=op.f("uq_oauth_tokens_refresh_hash")),
    )
    with op.batch_alter_table("oauth_tokens", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_oauth_tokens_client_id"), ["client_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_oauth_tokens_expires_at"), ["expires_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_oauth_tokens_family"), ["family"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_oauth_tokens_operation_id"), ["operation_id"], unique=False
        )
        batch_op.create_index(
            "ix_oauth_tokens_user_id_client_id", ["user_id", "client_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("oauth_tokens", schema=None) as batch_op:
        batch_op.drop_index("ix_oauth_tokens_user_id_client_id")
        batch_op.drop_index(batch_op.f("ix_oauth_tokens_operation_id"))
        batch_op.drop_index(batch_op.f("ix_oauth_tokens_family"))
        batch_op.drop_index(batch_op.f("ix_oauth_tokens_expires_at"))
        batch_op.drop_index(batch_op.f("ix_oauth_tokens_client_id"))

    op.drop_table("oauth_tokens")
    with op.batch_alter_table("oauth_requests", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_oauth_requests_operation_id"))
        batch_op.drop_index(batch_op.f("ix_oauth_requests_expires_at"))
        batch_op.drop_index(batch_op.f("ix_oauth_requests_client_id"))

    op.drop_table("oauth_requests")
    with op.batch_alter_table("oauth_codes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_oauth_codes_operation_id"))
        batch_op.drop_index(batch_op.f("ix_oauth_codes_expires_at"))
        batch_op.drop_index(batch_op.f("ix_oauth_codes_client_id"))

    op.drop_table("oauth_codes")
    with op.batch_alter_table("given_consents", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_given_consents_user_id"))
        batch_op.drop_index(batch_op.f("ix_given_consents_client_id"))

    op.drop_table("given_consents")
    op.drop_table("flow_history")
    with op.batch_alter_table("signing_keys", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_signing_keys_created_at"))

    op.drop_table("signing_keys")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_reference"))
        batch_op.drop_index("ix_outbox_due")

    op.drop_table("outbox")
    op.drop_table("oauth_clients")
    with op.batch_alter_table("flows", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_flows_user_id"))
        batch_op.drop_index("ix_flows_open")
        batch_op.drop_index(batch_op.f("ix_flows_external_transaction_id"))
        batch_op.drop_index(batch_op.f("ix_flows_client_id"))
        batch_op.drop_index(batch_op.f("ix_flows_browser_id"))

    op.drop_table("flows")
    with op.batch_alter_table("demo_sms", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_demo_sms_timestamp"))

    op.drop_table("demo_sms")
    with op.batch_alter_table("da_sms_authorization", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_da_sms_authorization_user_id"))
        batch_op.drop_index(batch_op.f("ix_da_sms_authorization_timestamp_created"))
        batch_op.drop_index(batch_op.f("ix_da_sms_authorization_operation_id"))

    op.drop_table("da_sms_authorization")
    with op.batch_alter_table("browsers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_browsers_created_at"))

    op.drop_table("browsers")
