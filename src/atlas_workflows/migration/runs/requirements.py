"""Phases that must stand for an organization before another may start for it."""

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import PhaseRefused
from atlas_workflows.migration.movement.tenants import read_tenancy, resolve_scope
from atlas_workflows.migration.phase import Phase
from atlas_workflows.migration.request import Scope

SHOWN = 10


def insist_on_required(connection: Connection, phase: Phase, scope: Scope) -> None:
    """Raise PhaseRefused naming the organizations for which a required phase does not stand."""
    if not phase.requires:
        return
    organizations = read_tenancy(connection, None).organizations
    covered = resolve_scope(scope, organizations).covered
    asked = sorted(organizations if covered is None else covered)
    facts = {"phases": list(phase.requires), "organizations": asked}
    missing = connection.execute(sql("migration/runs/missing_requirements"), facts).fetchall()
    if missing:
        named = ", ".join(f"{required} for {organization}" for organization, required in missing[:SHOWN])
        more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
        raise PhaseRefused(
            f"{phase.name} needs {named}{more}, which does not stand.",
            remedy="Run that phase first, or name only organizations for which it stands.",
            missing=[list(row) for row in missing],
        )
