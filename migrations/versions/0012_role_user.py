"""Integration users have the authority that the original gives them."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

RENAME = "UPDATE pa_cloud_user_authority SET authority = '{}' WHERE authority = '{}'"


def upgrade() -> None:
    op.execute(RENAME.format("ROLE_USER", "ROLE_INTEGRATION"))


def downgrade() -> None:
    op.execute(RENAME.format("ROLE_INTEGRATION", "ROLE_USER"))
