"""The item about the role that migrates: forced row-level security of schema atlas must let it pass."""

from atlas_workflows.db.roles import insist_on_migration_role
from atlas_workflows.errors import PermissionMissing
from atlas_workflows.migration.preflight.item import Finding, Item, Look, failed, passed


def check_migration_role(look: Look) -> Finding:
    """COPY and row_security = off need a superuser, BYPASSRLS, or tables that do not force it on their owner."""
    try:
        role = insist_on_migration_role(look.connection)
    except PermissionMissing as refusal:
        return failed("migration_role", refusal.fact, refusal.remedy)
    by = (
        "as a superuser"
        if role.is_superuser
        else "by BYPASSRLS"
        if role.bypasses_row_security
        else "as the owner"
    )
    return passed("migration_role", f"{role.name} passes row-level security {by}")


ITEMS = (
    Item(
        "migration_role", "The role may migrate every organization", check_migration_role, may_be_waived=False
    ),
)
