"""Revision 0022: what is given up, who owned what when an event was noted, and what caused it."""

from atlas_workflows.db.revisions.statements import run

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Apply include/sql/schema/0022_causes.up.sql."""
    run("0022_causes.up")


def downgrade() -> None:
    """Apply include/sql/schema/0022_causes.down.sql."""
    run("0022_causes.down")
