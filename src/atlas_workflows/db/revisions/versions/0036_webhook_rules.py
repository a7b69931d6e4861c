"""Revision 0036: the rules of webhook endpoints, and what they refused."""

from atlas_workflows.db.revisions.statements import run

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    """Apply include/sql/schema/0036_webhook_rules.up.sql."""
    run("0036_webhook_rules.up")


def downgrade() -> None:
    """Apply include/sql/schema/0036_webhook_rules.down.sql."""
    run("0036_webhook_rules.down")
