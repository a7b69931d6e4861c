"""Revision 0030: how many executions of a workflow may be under way at once."""

from atlas_workflows.db.revisions.statements import run

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    """Apply include/sql/schema/0030_concurrency.up.sql."""
    run("0030_concurrency.up")


def downgrade() -> None:
    """Apply include/sql/schema/0030_concurrency.down.sql."""
    run("0030_concurrency.down")
