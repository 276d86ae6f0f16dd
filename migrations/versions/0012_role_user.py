"""Integration users have the authority that the original gives them."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

RENAME = "UPDATE pa_cloud_user_authority SET authority = '{}' WHERE authority = '{}'"


BOTH = (
    "DELETE FROM pa_cloud_user_authority WHERE authority = '{}' AND user_id IN "
    "(SELECT user_id FROM pa_cloud_user_authority WHERE authority = '{}')"
)
"""Whoever has both names by hand keeps one."""


def upgrade() -> None:
    op.execute(BOTH.format("ROLE_INTEGRATION", "ROLE_USER"))
    op.execute(RENAME.format("ROLE_USER", "ROLE_INTEGRATION"))


def downgrade() -> None:
    op.execute(RENAME.format("ROLE_INTEGRATION", "ROLE_USER"))
