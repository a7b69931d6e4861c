"""Revision 0031: how many executions of a workflow may be under way at once."""

from atlas_workflows.db.revisions.statements import run

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """Apply include/sql/schema/0031_concurrency.up.sql."""
    run("0031_concurrency.up")


def downgrade() -> None:
    """Apply include/sql/schema/0031_concurrency.down.sql."""
    run("0031_concurrency.down")
