"""Revision 0008: which phase sealed a secret."""

from atlas_workflows.db.revisions.statements import run

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Apply include/sql/schema/0008_lineage.up.sql."""
    run("0008_lineage.up")


def downgrade() -> None:
    """Apply include/sql/schema/0008_lineage.down.sql."""
    run("0008_lineage.down")
