"""Revision 0023: snapshots of recurring workflows."""

from atlas_workflows.db.revisions.statements import run

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Apply include/sql/schema/0023_recurring.up.sql."""
    run("0023_recurring.up")


def downgrade() -> None:
    """Apply include/sql/schema/0023_recurring.down.sql."""
    run("0023_recurring.down")
