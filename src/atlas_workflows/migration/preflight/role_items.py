"""Items about roles: the one that migrates must pass our policies, and no login may find our tables in place of theirs."""

from atlas_workflows.db.roles import require_migration_role
from atlas_workflows.db.search_paths import fact, misled_logins, remedy
from atlas_workflows.errors import PermissionMissing
from atlas_workflows.migration.preflight.item import Finding, Item, Look, failed, passed


def check_migration_role(look: Look) -> Finding:
    """COPY and row_security = off need a superuser, BYPASSRLS, or tables that do not force it on their owner."""
    try:
        role = require_migration_role(look.connection)
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


def check_search_path(look: Look) -> Finding:
    """The old application writes `workflows` without a schema: its login must not find ours first."""
    misled = misled_logins(look.connection)
    if misled:
        return failed("search_path", fact(misled), remedy(misled))
    return passed("search_path", "no login finds schema atlas before public")


ITEMS = (
    Item(
        "migration_role", "The role may migrate every organization", check_migration_role, may_be_waived=False
    ),
    Item("search_path", "No login finds our tables in place of the old ones", check_search_path),
)
