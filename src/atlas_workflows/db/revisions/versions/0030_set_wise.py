"""Revision 0030: how many rows of a range moved inside the database."""

from atlas_workflows.db.revisions.statements import run

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    """Apply include/sql/schema/0030_set_wise.up.sql."""
    run("0030_set_wise.up")


def downgrade() -> None:
    """Apply include/sql/schema/0030_set_wise.down.sql."""
    run("0030_set_wise.down")
