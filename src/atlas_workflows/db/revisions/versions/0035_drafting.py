"""Revision 0035: earlier states of drafts, who edits one, and which transaction started and ended an execution."""

from atlas_workflows.db.revisions.statements import run

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    """Apply include/sql/schema/0035_drafting.up.sql."""
    run("0035_drafting.up")


def downgrade() -> None:
    """Apply include/sql/schema/0035_drafting.down.sql."""
    run("0035_drafting.down")
