"""What must be there before a phase starts: the phases it stands on, for every organization, and its suites."""

from pathlib import Path

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import PhaseRefused
from atlas_workflows.migration.movement.tenants import read_tenancy, resolve_scope
from atlas_workflows.migration.phase import Phase
from atlas_workflows.migration.request import Scope
from atlas_workflows.validation.suites import load_suite

SHOWN = 10


def require_suites(phase: Phase, folder: Path) -> None:
    """Raise ConfigurationError naming a suite of the phase that is not in `folder`, or is not one."""
    for suite in phase.suites:
        load_suite(folder, suite)


def require_earlier(connection: Connection, phase: Phase, scope: Scope) -> None:
    """Raise PhaseRefused naming the organizations for which a required phase is not applied."""
    if phase.is_first:
        return
    organizations = read_tenancy(connection, None).organizations
    covered = resolve_scope(scope, organizations).covered
    asked = sorted(organizations if covered is None else covered)
    parameters = {"phases": [before.name for before in phase.earlier], "organizations": asked}
    missing = connection.execute(sql("migration/runs/missing_requirements"), parameters).fetchall()
    if missing:
        named = ", ".join(
            f"{required} (not applied to {organization})" for organization, required in missing[:SHOWN]
        )
        more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
        raise PhaseRefused(
            f"{phase.name} requires {named}{more}.",
            remedy="Run that phase first, or name only organizations to which it is applied.",
            missing=[list(row) for row in missing],
        )
