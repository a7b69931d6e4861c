"""Revision 0009: evidence of what really happened in the old application."""

from atlas_workflows.db.revisions.statements import run

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Apply include/sql/schema/0009_evidence.up.sql."""
    run("0009_evidence.up")


def downgrade() -> None:
    """Apply include/sql/schema/0009_evidence.down.sql."""
    run("0009_evidence.down")
