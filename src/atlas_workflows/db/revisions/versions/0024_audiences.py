"""Revision 0024: saved audience queries and whom they found."""

from atlas_workflows.db.revisions.statements import run

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Apply include/sql/schema/0024_audiences.up.sql."""
    run("0024_audiences.up")


def downgrade() -> None:
    """Apply include/sql/schema/0024_audiences.down.sql."""
    run("0024_audiences.down")
