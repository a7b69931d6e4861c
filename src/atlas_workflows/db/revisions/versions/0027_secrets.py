"""Revision 0027: whose secrets may be referred to."""

from atlas_workflows.db.revisions.statements import run

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """Apply include/sql/schema/0027_secrets.up.sql."""
    run("0027_secrets.up")


def downgrade() -> None:
    """Apply include/sql/schema/0027_secrets.down.sql."""
    run("0027_secrets.down")
