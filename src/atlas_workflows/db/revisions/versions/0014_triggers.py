"""Revision 0014: the event outbox and its capture, listening triggers, refused enrolments and who waits for what."""

from atlas_workflows.db.revisions.statements import run

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Apply include/sql/schema/0014_triggers.up.sql."""
    run("0014_triggers.up")


def downgrade() -> None:
    """Apply include/sql/schema/0014_triggers.down.sql."""
    run("0014_triggers.down")
