"""Revision 0015: whom executions are about, dead letters, and what holds an execution back."""

from atlas_workflows.db.revisions.statements import run

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Apply include/sql/schema/0015_executions.up.sql."""
    run("0015_executions.up")


def downgrade() -> None:
    """Apply include/sql/schema/0015_executions.down.sql."""
    run("0015_executions.down")
