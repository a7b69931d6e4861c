"""Makes the report of a run: of a recorded one by its id, or of a dry run from what it found."""

from datetime import datetime
from pathlib import Path
from typing import Any

from atlas_workflows.db.acting import act_as_migration
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.movement.dry_run import DryRunFindings
from atlas_workflows.migration.movement.tenants import read_tenancy, resolve_scope
from atlas_workflows.migration.report.collect import collect, from_findings
from atlas_workflows.migration.report.files import write_report
from atlas_workflows.migration.runs.records import RunRow, read_run


def report_run(context: PhaseContext, folder: Path | None = None) -> dict[str, Any]:
    """Write the report of a recorded run into `folder` (default: the run's) and return its head."""
    with context.connect("report", autocommit=True) as connection:
        run = read_run(connection, context.run_id)
        tenants = resolve_scope(run.scope, read_tenancy(connection, None).organizations)
        act_as_migration(connection)
        return write_report(folder or context.report_dir, collect(connection, run, tenants))


def report_dry_run(context: PhaseContext, started_at: datetime, findings: DryRunFindings) -> dict[str, Any]:
    """Write the report of a dry run and return its head."""
    run = RunRow(
        id=context.run_id,
        phase=context.phase.name,
        status="succeeded",
        scope=context.scope,
        options=context.options,
        started_at=started_at,
        finished_at=context.now(),
        actor=context.options.actor,
        summary={},
        problem=None,
    )
    return write_report(context.report_dir, from_findings(run, findings))
