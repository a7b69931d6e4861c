"""Revision 0019: the executor of the old format."""

from atlas_workflows.db.revisions.statements import run

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Apply include/sql/schema/0019_legacy_executor.up.sql."""
    run("0019_legacy_executor.up")


def downgrade() -> None:
    """Apply include/sql/schema/0019_legacy_executor.down.sql."""
    run("0019_legacy_executor.down")
