"""Revision 0013: the send policy, held and skipped effects, and consents written back."""

from atlas_workflows.db.revisions.statements import run

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Apply include/sql/schema/0013_sending.up.sql."""
    run("0013_sending.up")


def downgrade() -> None:
    """Apply include/sql/schema/0013_sending.down.sql."""
    run("0013_sending.down")
