"""Revision 0003: touched timestamps, stale drafts, immutable versions, append-only logs, lz4."""

from atlas_workflows.db.revisions.statements import run

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Apply include/sql/schema/0003_rules.up.sql."""
    run("0003_rules.up")


def downgrade() -> None:
    """Apply include/sql/schema/0003_rules.down.sql."""
    run("0003_rules.down")
