"""Revision 0016: the log of what splits showed to whom."""

from atlas_workflows.db.revisions.statements import run

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Apply include/sql/schema/0016_exposures.up.sql."""
    run("0016_exposures.up")


def downgrade() -> None:
    """Apply include/sql/schema/0016_exposures.down.sql."""
    run("0016_exposures.down")
