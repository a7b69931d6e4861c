"""`atlas shadow …`: compare old and new on the recorded history with effects off, and show what was found."""

from dataclasses import replace
from typing import Annotated
from uuid import UUID, uuid4

import typer

from atlas_workflows.cli.asked import asked
from atlas_workflows.cli.progress import progress_display
from atlas_workflows.db.schema import current
from atlas_workflows.errors import InputError, PhaseRefused
from atlas_workflows.exact_json import dumps_text
from atlas_workflows.migration.movement.tenants import read_tenancy, resolve_scope
from atlas_workflows.migration.request import RunOptions, Scope
from atlas_workflows.migration.shadow.gate import held_up, problem_of
from atlas_workflows.migration.shadow.run import ShadowRun, run_shadow
from atlas_workflows.migration.shadow.shown import Shadow, WorkflowRow, read_shadow
from atlas_workflows.migration.shadow.store import require_known
from atlas_workflows.migration.step import GATE_CLOSED
from atlas_workflows.site import Site, crm_site

app = typer.Typer(no_args_is_help=True, help="Compare old and new on the recorded history, effects off.")

Dsn = Annotated[str | None, typer.Option("--dsn", help="The CRM database; default ATLAS_CRM_DSN.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON only.")]
Organization = Annotated[list[str] | None, asked("organizations", "--organization", metavar="ID")]
MOST_SHOWN = 50


@app.command()
def run(
    dsn: Dsn = None,
    organization: Organization = None,
    continues: Annotated[
        str | None, typer.Option("--continue", metavar="RUN", help="Take up a run that was interrupted.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare every migrated workflow; the legacy tables are only read. Exit 0: the gate is open; 4: it is shut."""
    site = _site(dsn)
    run_id = uuid4() if continues is None else _known_run(site, _uuid(continues))
    scope = Scope(tuple(item.lower() for item in organization or ()))
    if not as_json:
        print(f"Shadow run {run_id}; if it is interrupted, --continue {run_id} goes on.")
    with progress_display(quiet=as_json) as progress:
        run_shadow(ShadowRun(replace(site, progress=progress), run_id, scope, RunOptions()))
    raise typer.Exit(_tell(site, list(scope.organizations) or None, as_json))


@app.command()
def show(
    workflow: Annotated[
        str | None, typer.Argument(metavar="WORKFLOW", help="Its id; without it: all.")
    ] = None,
    dsn: Dsn = None,
    organization: Organization = None,
    as_json: AsJson = False,
) -> None:
    """What the last comparison found: of one workflow every difference, else the totals. Exit 4: the gate is shut."""
    site = _site(dsn)
    organizations = _known(site, organization)
    if workflow is None:
        raise typer.Exit(_tell(site, organizations, as_json))
    with site.connect("shadow", autocommit=True) as connection:
        found = read_shadow(connection, organizations, str(_uuid(workflow)))
    if not found.is_there:
        raise InputError(
            f"Workflow {workflow} was never compared.", remedy="Compare it first: `atlas shadow run`."
        )
    row = found.workflows[0]
    print(dumps_text(row.to_json())) if as_json else _tell_one(row)


def _tell(site: Site, organizations: list[str] | None, as_json: bool) -> int:
    with site.connect("shadow", autocommit=True) as connection:
        found, held = read_shadow(connection, organizations), held_up(connection, organizations)
    if as_json:
        listed = [row.to_json() for row in found.workflows]
        gate = {
            "open": not held,
            "held_up": [{"workflow_id": item.workflow_id, "found": item.found} for item in held],
        }
        print(dumps_text({"totals": found.to_json(), "gate": gate, "workflows": listed}))
    else:
        _tell_all(found)
        print(f"The gate is shut. {problem_of(held)}" if held else "The gate is open.")
    return GATE_CLOSED if held else 0


def _tell_all(found: Shadow) -> None:
    totals = found.totals()
    print(
        f"History: {totals['reproduced']} of {totals['recorded']} executions of 90 days reproduce "
        f"({totals['assumed']} of them with conditions taken from the record); {totals['unproven']} of "
        f"{totals['workflows']} workflows are unproven."
    )
    for cause in totals["causes"]:
        print(f"    {cause['times']} {cause['cause']}: {cause['meaning']}")
    print(
        f"Old against new: {totals['workflows_same']} workflows the same, {totals['workflows_explained']} with explained "
        f"differences, {totals['workflows_unexplained']} with unexplained ones."
    )
    for row in found.workflows[:MOST_SHOWN]:
        if row.unexplained:
            print(f"{row.workflow_id}  {row.unexplained} of {row.triggers} triggers  {row.name}")
    for outlook in found.forecasts[:MOST_SHOWN]:
        print(f"Forecast for {outlook.organization_id}: {outlook.sentence}")


def _tell_one(row: WorkflowRow) -> None:
    print(
        f"{row.name} ({row.workflow_id}), compared {row.compared_at:%Y-%m-%d %H:%M} with engine {row.engine}"
    )
    print(f"History: {row.history}.")
    for cause, told in row.causes.items():
        print(f"    {told['times']} {cause} {told['detail']}, for example execution {told['execution']}")
    kind = "made-up trigger" if row.is_made_up else "recorded triggers"
    print(
        f"{row.triggers} {kind}: {row.same} the same, {row.explained} explained, {row.unexplained} unexplained."
    )
    for difference in row.differences:
        print(f"    {difference.sentence}")


def _site(dsn: str | None) -> Site:
    site = crm_site(dsn)
    if current(site.dsn) is None:
        raise PhaseRefused("This database has no schema atlas.", remedy="Start with `atlas migrate run p1`.")
    return site


def _known(site: Site, organizations: list[str] | None) -> list[str] | None:
    """As the database writes them. Raises InputError for those that do not exist: nothing is held up for nobody."""
    if not organizations:
        return None
    with site.connect("shadow", autocommit=True) as connection:
        found = resolve_scope(Scope(tuple(organizations)), read_tenancy(connection, None).organizations)
    return sorted(found.covered or ())


def _known_run(site: Site, run_id: UUID) -> UUID:
    with site.connect("shadow", autocommit=True) as connection:
        require_known(connection, run_id)
    return run_id


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as cause:
        raise InputError(f"{text!r} is no id.", remedy="An id looks like 1f0c…-…; copy it whole.") from cause
