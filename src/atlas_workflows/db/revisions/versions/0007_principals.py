"""Revision 0007: principals, permissions and acting for a user."""

from atlas_workflows.db.revisions.statements import run

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Apply include/sql/schema/0007_principals.up.sql."""
    run("0007_principals.up")


def downgrade() -> None:
    """Apply include/sql/schema/0007_principals.down.sql."""
    run("0007_principals.down")
