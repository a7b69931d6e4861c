"""Revision 0001: the control tables (phase runs, ledger, originals, flags, audit log)."""

from atlas_workflows.db.revisions.statements import run

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Apply include/sql/schema/0001_control.up.sql."""
    run("0001_control.up")


def downgrade() -> None:
    """Apply include/sql/schema/0001_control.down.sql."""
    run("0001_control.down")
