"""Revision 0026: how recurring schedules stand."""

from atlas_workflows.db.revisions.statements import run

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Apply include/sql/schema/0026_sweep.up.sql."""
    run("0026_sweep.up")


def downgrade() -> None:
    """Apply include/sql/schema/0026_sweep.down.sql."""
    run("0026_sweep.down")
