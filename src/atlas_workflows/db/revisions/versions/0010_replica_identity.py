"""Revision 0010: rows of every table can be named by a publication."""

from atlas_workflows.db.revisions.statements import run

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Apply include/sql/schema/0010_replica_identity.up.sql."""
    run("0010_replica_identity.up")


def downgrade() -> None:
    """Apply include/sql/schema/0010_replica_identity.down.sql."""
    run("0010_replica_identity.down")
