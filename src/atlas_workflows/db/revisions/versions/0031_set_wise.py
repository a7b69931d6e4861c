"""Revision 0031: how many rows of a range moved inside the database."""

from atlas_workflows.db.revisions.statements import run

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """Apply include/sql/schema/0031_set_wise.up.sql."""
    run("0031_set_wise.up")


def downgrade() -> None:
    """Apply include/sql/schema/0031_set_wise.down.sql."""
    run("0031_set_wise.down")
