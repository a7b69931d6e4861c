"""Revision 0004: the application role, row-level security and privileges."""

from atlas_workflows.db.revisions.statements import run

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Apply include/sql/schema/0004_access.up.sql."""
    run("0004_access.up")


def downgrade() -> None:
    """Apply include/sql/schema/0004_access.down.sql."""
    run("0004_access.down")
