"""Data keys, the audit trail that nobody can change, and signing keys that wait for their time."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TRAIL = ("audit", "audit_chain")


def upgrade() -> None:
    op.create_table(
        "data_keys",
        sa.Column("kid", sa.String(length=16), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("purpose IN ('seal', 'digest')", name=op.f("ck_data_keys_purpose")),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_data_keys")),
    )
    op.create_index(
        "uq_data_keys_current",
        "data_keys",
        ["purpose"],
        unique=True,
        sqlite_where=sa.text("retired_at IS NULL"),
        postgresql_where=sa.text("retired_at IS NULL"),
    )
    op.create_table(
        "audit",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=256), nullable=False),
        sa.Column("actor", sa.String(length=300), nullable=False),
        sa.Column("client_id", sa.String(length=256), nullable=True),
        sa.Column("user_id", sa.String(length=256), nullable=True),
        sa.Column("request", sa.String(length=64), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    for column in ("at", "subject", "user_id"):
        op.create_index(op.f(f"ix_audit_{column}"), "audit", [column])
    op.create_table(
        "audit_chain",
        sa.Column("position", NUMBER, autoincrement=False, nullable=False),
        sa.Column("entry_id", NUMBER, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["audit.id"], name=op.f("fk_audit_chain_entry_id")),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit_chain")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_audit_chain_entry_id")),
    )
    _guard()
    op.create_index("ix_outbox_finished", "outbox", ["finished_at"])
    op.create_index(
        "ix_flows_typed",
        "flows",
        ["finished_at"],
        sqlite_where=sa.text("username IS NOT NULL"),
        postgresql_where=sa.text("username IS NOT NULL"),
    )
    with op.batch_alter_table("signing_keys") as keys:
        keys.add_column(sa.Column("signs_from", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE signing_keys SET signs_from = created_at")
    with op.batch_alter_table("signing_keys") as keys:
        keys.alter_column("signs_from", existing_type=sa.DateTime(timezone=True), nullable=False)


def _guard() -> None:
    """Let the database itself refuse to change the trail."""
    if op.get_bind().dialect.name == "sqlite":
        for table in TRAIL:
            for act in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                    "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
                )
        return
    op.execute(
        "CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$"
    )
    for table in TRAIL:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()"
        )


def downgrade() -> None:
    op.drop_index("ix_flows_typed", "flows")
    op.drop_index("ix_outbox_finished", "outbox")
    with op.batch_alter_table("signing_keys") as keys:
        keys.drop_column("signs_from")
    op.drop_table("audit_chain")
    op.drop_table("audit")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_append_only()")
    op.drop_table("data_keys")
