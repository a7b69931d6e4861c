"""Revision 0033: how many executions of a workflow may be under way at once."""

from atlas_workflows.db.revisions.statements import run

revision = "0033"
down_revision = "0029"


def upgrade() -> None:
    """Apply include/sql/schema/0033_concurrency.up.sql."""
    run("0033_concurrency.up")


def downgrade() -> None:
    """Apply include/sql/schema/0033_concurrency.down.sql."""
    run("0033_concurrency.down")
