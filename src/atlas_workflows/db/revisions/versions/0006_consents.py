"""Revision 0006: the consent ledger's feed from legacy opt-in columns."""

from atlas_workflows.db.revisions.statements import run

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Apply include/sql/schema/0006_consents.up.sql."""
    run("0006_consents.up")


def downgrade() -> None:
    """Apply include/sql/schema/0006_consents.down.sql."""
    run("0006_consents.down")
