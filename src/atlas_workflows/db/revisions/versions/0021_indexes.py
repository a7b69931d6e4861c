"""Revision 0021: indexes that no plan confuses with the key."""

from atlas_workflows.db.revisions.statements import run

revision = "0021"
down_revision = "0019"


def upgrade() -> None:
    """Apply include/sql/schema/0021_indexes.up.sql."""
    run("0021_indexes.up")


def downgrade() -> None:
    """Apply include/sql/schema/0021_indexes.down.sql."""
    run("0021_indexes.down")
