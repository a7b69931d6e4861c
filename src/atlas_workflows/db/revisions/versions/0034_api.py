"""Revision 0034: the doors of the HTTP API."""

from atlas_workflows.db.revisions.statements import run

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    """Apply include/sql/schema/0034_api.up.sql."""
    run("0034_api.up")


def downgrade() -> None:
    """Apply include/sql/schema/0034_api.down.sql."""
    run("0034_api.down")
