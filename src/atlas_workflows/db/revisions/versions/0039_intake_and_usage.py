"""Revision 0039: what webhooks' triggers ask of calls stands beside them; counts of v1 are added once."""

from atlas_workflows.db.revisions.statements import run

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    """Apply include/sql/schema/0039_intake_and_usage.up.sql."""
    run("0039_intake_and_usage.up")


def downgrade() -> None:
    """Apply include/sql/schema/0039_intake_and_usage.down.sql."""
    run("0039_intake_and_usage.down")
