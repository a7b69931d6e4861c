"""Revision 0012: who executes what, what was written to legacy tables, and rollouts."""

from atlas_workflows.db.revisions.statements import run

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Apply include/sql/schema/0012_ownership.up.sql."""
    run("0012_ownership.up")


def downgrade() -> None:
    """Apply include/sql/schema/0012_ownership.down.sql."""
    run("0012_ownership.down")
