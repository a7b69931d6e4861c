"""How a run ended, and what is said then: status, counts, where the report lies, and the exit code."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from atlas_workflows.db.connect import Connection
from atlas_workflows.errors import AtlasError
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.phase import Phase
from atlas_workflows.migration.report.notes import note_run
from atlas_workflows.migration.report.write import report_dry_run, report_run
from atlas_workflows.migration.request import RunOptions, Scope
from atlas_workflows.migration.runs.records import DatabaseRecord, RunRow, read_steps
from atlas_workflows.migration.step import DONE, StepResult, StepStatus
from atlas_workflows.site import Site

QUARANTINED = 3
Results = Mapping[str, StepResult | None]
"""What the steps of a run found, in their order; None for one that has not ended."""
# Ended by its driver or by a person; what the steps say adds nothing.
SETTLED = ("succeeded", "rolled_back", "cancelled", "paused")


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended. `exit_code` is that of the step that stopped it; `conclude` looks at quarantined rows too."""

    run_id: UUID
    status: str
    started_at: datetime
    exit_code: int = 0
    steps: Results = field(default_factory=dict)
    problem: str | None = None
    remedy: str | None = None
    shared: Mapping[str, Any] = field(default_factory=dict)

    @staticmethod
    def of(
        run_id: UUID,
        phase: Phase,
        started_at: datetime,
        steps: Results,
        shared: Mapping[str, Any] | None = None,
    ) -> "RunResult":
        """What the steps make of it: the first that did not pass says how it ended."""
        stopped = stopped_at(steps)
        found = steps.get(stopped or "") or StepResult()
        waits = found.status is StepStatus.WAITING
        return RunResult(
            run_id=run_id,
            status="succeeded" if stopped is None else "waiting" if waits else "failed",
            started_at=started_at,
            exit_code=exit_code(phase, steps),
            steps=steps,
            problem=None if stopped is None else found.problem or f"Step {stopped} did not finish.",
            remedy=found.remedy,
            shared=shared or {},
        )


@dataclass(frozen=True, slots=True)
class Conclusion:
    """Counts are of workflows; `quarantined_rows` is over all tables; `owners` are of a phase that decides them, by cause."""

    phase: str
    run_id: str
    status: str
    exit_code: int
    counts: Mapping[str, int]
    quarantined_rows: int
    report: str
    problem: str | None = None
    remedy: str | None = None
    owners: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    dry_run: bool = False

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def stopped_at(steps: Results) -> str | None:
    """The first step that did not pass; None where all did."""
    return next((name for name, result in steps.items() if result is None or result.status not in DONE), None)


def exit_code(phase: Phase, steps: Results, quarantined_rows: int = 0) -> int:
    """0 everything migrated, 3 with quarantined rows, 4 a gate said no, 1 anything else."""
    stopped = stopped_at(steps)
    if stopped is None:
        return QUARANTINED if quarantined_rows else 0
    kind, result = phase.registry.get(stopped), steps[stopped]
    failed = result is not None and result.status is StepStatus.FAILED
    return kind.failure_exit if kind is not None and failed else 1


def settle(connection: Connection, run: RunRow, phase: Phase, at: datetime) -> RunResult:
    """The result of a recorded run from its steps; recorded, where nobody drove it to an end of its own.

    A step that was killed has no result: it counts as one that did not finish.
    """
    steps = {step.kind: step.result for step in read_steps(connection, run.id)}
    result = RunResult.of(run.id, phase, run.started_at, steps)
    if run.status in SETTLED:
        return replace(result, status=run.status)
    if result.status == "waiting":  # nobody asks any more: what was waited for did not come
        result = replace(result, status="failed")
    DatabaseRecord(connection, run.id).close(result.status, result.problem, {}, at)
    return result


def conclude(result: RunResult, phase: Phase, scope: Scope, options: RunOptions, site: Site) -> Conclusion:
    """The end of every run, however it was driven: write the report and weigh the exit code."""
    context = PhaseContext(result.run_id, phase, scope, options, site, dict(result.shared))
    head = _report(context, result)
    quarantined = int(head["quarantined_rows"])
    conclusion = Conclusion(
        phase=phase.name,
        run_id=str(result.run_id),
        status=result.status,
        exit_code=exit_code(phase, result.steps, quarantined),
        counts=dict(head["counts"]),
        quarantined_rows=quarantined,
        report=str(context.report_dir),
        problem=result.problem,
        remedy=result.remedy,
        owners=_owners(result.steps),
        dry_run=options.dry_run,
    )
    _note(context, head, conclusion.exit_code)
    return conclusion


def _note(context: PhaseContext, head: Mapping[str, Any], exit_code: int) -> None:
    named = ("phase", "run_id", "status", "dry_run", "started_at", "finished_at", "scope", "actor", "problem")
    told = {name: head[name] for name in (*named, "counts", "quarantined_rows")}
    note_run(context.report_dir, {"kind": "phase", **told, "exit_code": exit_code})


def _owners(steps: Results) -> Mapping[str, Mapping[str, int]]:
    """As the last step that speaks of them has it."""
    told = [result.summary["owners"] for result in steps.values() if result and "owners" in result.summary]
    return told[-1] if told else {}


def leave_report(
    run_id: UUID, phase: Phase, scope: Scope, options: RunOptions, site: Site, error: Exception
) -> Path | None:
    """Write the report of a run that an error ended and say where it is; None where that error stops the report too."""
    context = PhaseContext(run_id, phase, scope, options, site)
    try:
        _note(context, report_run(context), error.exit_code if isinstance(error, AtlasError) else 1)
    except (AtlasError, psycopg.Error, OSError):
        return None  # the error that ended the run is the one to tell
    return context.report_dir


def _report(context: PhaseContext, result: RunResult) -> Mapping[str, Any]:
    if context.persistent:
        return report_run(context)
    run = RunRow(
        id=context.run_id,
        phase=context.phase.name,
        status=result.status,
        scope=context.scope,
        options=context.options,
        started_at=result.started_at,
        finished_at=context.now(),
        actor=context.options.actor,
        summary={},
        problem=result.problem,
    )
    return report_dry_run(context, run, result.steps)
