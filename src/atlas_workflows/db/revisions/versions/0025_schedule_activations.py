"""Revision 0025: what phase 4 found about schedules, and which of them it let fire."""

from atlas_workflows.db.revisions.statements import run

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Apply include/sql/schema/0025_schedule_activations.up.sql."""
    run("0025_schedule_activations.up")


def downgrade() -> None:
    """Apply include/sql/schema/0025_schedule_activations.down.sql."""
    run("0025_schedule_activations.down")
