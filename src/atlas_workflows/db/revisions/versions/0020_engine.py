"""Revision 0020: the engine's queue, states, inbox, enrolments and effect ledger."""

from atlas_workflows.db.revisions.statements import run

revision = "0020"
down_revision = "0007"


def upgrade() -> None:
    """Apply include/sql/schema/0020_engine.up.sql."""
    run("0020_engine.up")


def downgrade() -> None:
    """Apply include/sql/schema/0020_engine.down.sql."""
    run("0020_engine.down")
