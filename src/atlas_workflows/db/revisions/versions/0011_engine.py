"""Revision 0011: the engine's queue, states, inbox, enrolments and effect ledger."""

from atlas_workflows.db.revisions.statements import run

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Apply include/sql/schema/0011_engine.up.sql."""
    run("0011_engine.up")


def downgrade() -> None:
    """Apply include/sql/schema/0011_engine.down.sql."""
    run("0011_engine.down")
