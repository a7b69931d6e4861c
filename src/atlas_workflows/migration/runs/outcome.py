"""What is said when a run ended: counts, where the report lies, and the exit code."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from atlas_workflows.errors import AtlasError
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.phase import Phase
from atlas_workflows.migration.report.write import report_dry_run, report_run
from atlas_workflows.migration.request import RunOptions, Scope
from atlas_workflows.migration.runs.run import RunResult
from atlas_workflows.settings import Settings

QUARANTINED = 3


@dataclass(frozen=True, slots=True)
class Conclusion:
    """Counts are of workflows; `quarantined_rows` is over all tables."""

    phase: str
    run_id: str
    status: str
    exit_code: int
    counts: Mapping[str, int]
    quarantined_rows: int
    report: str
    problem: str | None = None
    remedy: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def conclude(
    result: RunResult, phase: Phase, scope: Scope, options: RunOptions, *, dsn: str, settings: Settings
) -> Conclusion:
    """Write the report and weigh the exit code: a stopped run keeps its own, else 3 with quarantined rows, else 0."""
    context = PhaseContext(result.run_id, phase, scope, options, dsn, settings)
    head = _report(context, result)
    quarantined = int(head.get("quarantined_rows", 0))
    return Conclusion(
        phase=phase.name,
        run_id=str(result.run_id),
        status=result.status,
        exit_code=result.exit_code or (QUARANTINED if quarantined else 0),
        counts=head.get("counts", {}),
        quarantined_rows=quarantined,
        report=str(context.report_dir),
        problem=result.problem,
        remedy=result.remedy,
    )


def leave_report(
    run_id: UUID, phase: Phase, scope: Scope, options: RunOptions, *, dsn: str, settings: Settings
) -> Path | None:
    """Write the report of a run that an error ended and say where it is; None where that error stops the report too."""
    context = PhaseContext(run_id, phase, scope, options, dsn, settings)
    try:
        report_run(context)
    except (AtlasError, psycopg.Error, OSError):
        return None  # the error that ended the run is the one to tell
    return context.report_dir


def _report(context: PhaseContext, result: RunResult) -> Mapping[str, Any]:
    if context.persistent:
        return report_run(context)
    findings = result.shared.get("findings")
    return report_dry_run(context, result.started_at, findings) if findings is not None else {}
