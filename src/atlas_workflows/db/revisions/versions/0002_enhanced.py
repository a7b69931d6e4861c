"""Revision 0002: the enhanced tables (workflows, executions, steps and the rest)."""

from atlas_workflows.db.revisions.statements import run

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Apply include/sql/schema/0002_enhanced.up.sql."""
    run("0002_enhanced.up")


def downgrade() -> None:
    """Apply include/sql/schema/0002_enhanced.down.sql."""
    run("0002_enhanced.down")
