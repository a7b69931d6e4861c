"""Revision 0034: the old application's HTTP routes."""

from atlas_workflows.db.revisions.statements import run

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    """Apply include/sql/schema/0034_v1.up.sql."""
    run("0034_v1.up")


def downgrade() -> None:
    """Apply include/sql/schema/0034_v1.down.sql."""
    run("0034_v1.down")
