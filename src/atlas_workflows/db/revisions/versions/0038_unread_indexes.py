"""Revision 0038: two indexes that every row of history paid for."""

from atlas_workflows.db.revisions.statements import run

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    """Apply include/sql/schema/0038_unread_indexes.up.sql."""
    run("0038_unread_indexes.up")


def downgrade() -> None:
    """Apply include/sql/schema/0038_unread_indexes.down.sql."""
    run("0038_unread_indexes.down")
