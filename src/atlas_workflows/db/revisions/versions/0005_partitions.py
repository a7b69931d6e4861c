"""Revision 0005: monthly partitions on demand."""

from atlas_workflows.db.revisions.statements import run

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Apply include/sql/schema/0005_partitions.up.sql."""
    run("0005_partitions.up")


def downgrade() -> None:
    """Apply include/sql/schema/0005_partitions.down.sql."""
    run("0005_partitions.down")
