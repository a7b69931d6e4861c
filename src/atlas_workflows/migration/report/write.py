"""Makes the report of a run: of a recorded one by its id, or of a dry run from what it found."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from atlas_workflows.db.acting import act_as_migration
from atlas_workflows.migration.checks.check import CHECKED
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.movement.dry_run import DryRunFindings
from atlas_workflows.migration.movement.tenants import read_tenancy, resolve_scope
from atlas_workflows.migration.report.collect import collect, from_findings
from atlas_workflows.migration.report.files import Places, write_report
from atlas_workflows.migration.runs.records import RunRow, StepRow, read_run
from atlas_workflows.migration.step import StepResult
from atlas_workflows.recurring.survey import organization_names


def report_run(context: PhaseContext, folder: Path | None = None) -> dict[str, Any]:
    """Write the report of a recorded run into `folder` (default: the run's) and return its head."""
    with context.connect("report", autocommit=True) as connection:
        run = read_run(connection, context.run_id)
        tenants = resolve_scope(run.scope, read_tenancy(connection, None).organizations)
        act_as_migration(connection)
        return write_report(
            _places(context, folder), collect(connection, run, tenants, context.phase.first.name)
        )


def report_dry_run(
    context: PhaseContext, run: RunRow, steps: Mapping[str, StepResult | None]
) -> dict[str, Any]:
    """Write the report of a dry run and return its head; one that stopped early has found less."""
    with context.connect("report", autocommit=True) as connection:
        organizations = organization_names(connection)
    data = from_findings(
        run,
        context.shared.get("findings") or DryRunFindings(),
        steps=[_step(number, kind, result) for number, (kind, result) in enumerate(steps.items(), start=1)],
        checked=context.shared.get(CHECKED, ()),
        organizations=organizations,
    )
    return write_report(_places(context, None), data)


def _places(context: PhaseContext, folder: Path | None) -> Places:
    return Places(folder or context.report_dir, context.report_dir, context.settings.home / "reports")


def _step(number: int, kind: str, result: StepResult | None) -> StepRow:
    """A dry run notes no times."""
    found = result or StepResult()
    status = str(found.status) if result else "pending"
    return StepRow(number, kind, status, None, None, found.summary, found.problem)
