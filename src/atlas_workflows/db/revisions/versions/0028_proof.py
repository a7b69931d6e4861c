"""Revision 0028: signed certificates, and what the application role may not write."""

from atlas_workflows.db.revisions.statements import run

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """Apply include/sql/schema/0028_proof.up.sql."""
    run("0028_proof.up")


def downgrade() -> None:
    """Apply include/sql/schema/0028_proof.down.sql."""
    run("0028_proof.down")
