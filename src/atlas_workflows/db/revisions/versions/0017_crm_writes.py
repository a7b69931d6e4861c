"""Revision 0017: what actions wrote to the CRM."""

from atlas_workflows.db.revisions.statements import run

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Apply include/sql/schema/0017_crm_writes.up.sql."""
    run("0017_crm_writes.up")


def downgrade() -> None:
    """Apply include/sql/schema/0017_crm_writes.down.sql."""
    run("0017_crm_writes.down")
