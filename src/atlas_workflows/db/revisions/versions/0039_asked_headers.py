"""Revision 0039: what webhooks' triggers ask of calls stands beside them."""

from atlas_workflows.db.revisions.statements import run

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    """Apply include/sql/schema/0039_asked_headers.up.sql."""
    run("0039_asked_headers.up")


def downgrade() -> None:
    """Apply include/sql/schema/0039_asked_headers.down.sql."""
    run("0039_asked_headers.down")
