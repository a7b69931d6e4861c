"""Revision 0032: the doors of the HTTP API."""

from atlas_workflows.db.revisions.statements import run

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    """Apply include/sql/schema/0032_api.up.sql."""
    run("0032_api.up")


def downgrade() -> None:
    """Apply include/sql/schema/0032_api.down.sql."""
    run("0032_api.down")
