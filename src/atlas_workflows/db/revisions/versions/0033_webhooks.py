"""Revision 0033: webhooks in."""

from atlas_workflows.db.revisions.statements import run

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    """Apply include/sql/schema/0033_webhooks.up.sql."""
    run("0033_webhooks.up")


def downgrade() -> None:
    """Apply include/sql/schema/0033_webhooks.down.sql."""
    run("0033_webhooks.down")
