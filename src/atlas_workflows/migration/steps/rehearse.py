"""Step `rehearse`: restore the fresh backup into a scratch database, run the phase there, roll it back, tell the minutes."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import AtlasError
from atlas_workflows.migration.backup.retention import newest_of, prune
from atlas_workflows.migration.backup.scratch import SCRATCH, may_create_databases, scratch_database
from atlas_workflows.migration.backup.verify import prove
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.rollback import roll_back
from atlas_workflows.migration.runs.run import run_phase
from atlas_workflows.migration.step import Skips, StepKind, StepResult, StepStatus
from atlas_workflows.migration.undo import NothingToUndo
from atlas_workflows.site import Progress

# The copy needs no checklist, no backup of its own, no rehearsal of the rehearsal, and nobody's approval.
LEFT_OUT = frozenset({"preflight", "backup", "rehearse", "approve"})


def run(context: PhaseContext) -> StepResult:
    """Rehearse where databases may be created; elsewhere say that it was skipped, and why."""
    why = _why_not(context)
    if why:
        return StepResult(StepStatus.SKIPPED, {"why": why})
    try:
        with context.connect("rehearse", autocommit=True) as connection:
            backup, _manifest = newest_of(context.settings.home / "backups", connection)
        with scratch_database(context.dsn, f"{SCRATCH}{context.run_id.hex}") as scratch:
            return _rehearse(context, backup, scratch)
    except AtlasError as error:
        return StepResult(
            StepStatus.FAILED, {}, problem=f"In the rehearsal: {error.fact}", remedy=error.remedy
        )


def _rehearse(context: PhaseContext, backup: Path, scratch: str) -> StepResult:
    _say(context, "restoring the backup")
    proof = prove(backup, scratch, context.settings, where="the rehearsal's scratch database")
    summary: dict[str, Any] = {"proof": proof.to_json(), "minutes": {"restore": _minutes(proof.seconds)}}
    if not proof.passed:
        return StepResult(
            StepStatus.FAILED, summary, problem=f"The backup does not restore to what it was made of: {', '.join(proof.restored.faults)}.",
            remedy="Look at manifest.json in the backup's folder, fix the cause, and run the same command again.",
        )  # fmt: skip
    begun = time.monotonic()
    problem = _run_phase_there(context, scratch)
    summary["minutes"]["phase"] = _minutes(time.monotonic() - begun)
    if problem:
        return StepResult(
            StepStatus.FAILED, summary, problem=f"In the rehearsal: {problem}",
            remedy="Nothing was changed in the real database; fix the cause and run the same command again.",
        )  # fmt: skip
    begun = time.monotonic()
    summary["rolled_back"] = _roll_back_there(context, scratch)
    summary["minutes"]["rollback"] = _minutes(time.monotonic() - begun)
    summary["pruned"] = prune(context.settings.home / "backups")
    return StepResult(StepStatus.PASSED, summary)


def _why_not(context: PhaseContext) -> str | None:
    if not context.options.rehearse:
        return "the operator chose --no-rehearse"
    if not context.options.backup:
        return "without a backup there is nothing to rehearse on"
    if not may_create_databases(context.dsn):
        return "this role may not create databases"
    return None


def _run_phase_there(context: PhaseContext, scratch: str) -> str | None:
    site = replace(
        context.site,
        dsn=scratch,
        progress=lambda progress: context.progress(replace(progress, step="rehearse")),
    )
    phase = replace(context.phase, steps=tuple(step for step in context.phase.steps if step not in LEFT_OUT))
    options = replace(
        context.options, backup=False, rehearse=False, require_approval=False, throttle=False,
        report_dir=str(context.report_dir / "rehearsal"),
    )  # fmt: skip
    with site.connect("rehearse", autocommit=True) as connection:
        # The copy holds the run that made it; it must not be taken for one to continue.
        connection.execute(sql("rehearsal/forget_open_runs"))
    result = run_phase(phase, site, scope=context.scope, options=options)
    return None if result.status == "succeeded" else result.problem or result.status


def _roll_back_there(context: PhaseContext, scratch: str) -> dict[str, Any]:
    _say(context, "rolling back")
    outcome = roll_back(
        context.phase, context.scope, dsn=scratch, execute=True,
        actor=context.options.actor, reason="rehearsal", now=context.now,
    )  # fmt: skip
    return outcome.to_json()


def _say(context: PhaseContext, message: str) -> None:
    context.progress(Progress("rehearse", "scratch database", 0, message=message))


def _minutes(seconds: float) -> float:
    return round(seconds / 60, 2)


STEP = StepKind(
    "rehearse",
    "Rehearse on a restored copy",
    run,
    undo=NothingToUndo("the scratch database is dropped at the end of the step"),
    dry_run=Skips("a dry run makes no backup that could be restored"),
    continues=True,
    after=("backup",),
)
