"""Revision 0037: lists in pages under the policies."""

from atlas_workflows.db.revisions.statements import run

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    """Apply include/sql/schema/0037_lists.up.sql."""
    run("0037_lists.up")


def downgrade() -> None:
    """Apply include/sql/schema/0037_lists.down.sql."""
    run("0037_lists.down")
