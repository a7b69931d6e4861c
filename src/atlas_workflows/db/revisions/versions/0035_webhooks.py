"""Revision 0035: webhooks in."""

from atlas_workflows.db.revisions.statements import run

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    """Apply include/sql/schema/0035_webhooks.up.sql."""
    run("0035_webhooks.up")


def downgrade() -> None:
    """Apply include/sql/schema/0035_webhooks.down.sql."""
    run("0035_webhooks.down")
