"""Revision 0002: the enhanced tables (workflows, executions, steps and what stands around them)."""

from atlas_workflows.db.revisions.statements import run

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Apply include/sql/schema/0002_*.up.sql."""
    run("0002_enhanced.up")
    run("0002_library.up")


def downgrade() -> None:
    """Apply include/sql/schema/0002_*.down.sql."""
    run("0002_library.down")
    run("0002_enhanced.down")
