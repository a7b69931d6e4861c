"""Revision 0029: runs that were interrupted."""

from atlas_workflows.db.revisions.statements import run

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """Apply include/sql/schema/0029_interrupted.up.sql."""
    run("0029_interrupted.up")


def downgrade() -> None:
    """Apply include/sql/schema/0029_interrupted.down.sql."""
    run("0029_interrupted.down")
