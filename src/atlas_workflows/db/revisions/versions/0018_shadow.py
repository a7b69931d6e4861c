"""Revision 0018: what shadow runs found."""

from atlas_workflows.db.revisions.statements import run

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Apply include/sql/schema/0018_shadow.up.sql."""
    run("0018_shadow.up")


def downgrade() -> None:
    """Apply include/sql/schema/0018_shadow.down.sql."""
    run("0018_shadow.down")
