"""Step `backup`: dump what the phase touches under one snapshot, prove it by restoring, drop superfluous backups."""

from pathlib import Path

from atlas_workflows.legacy.source.shapes import SIDE_TABLES
from atlas_workflows.migration.backup.dump import BackupPlan, Report, make_backup
from atlas_workflows.migration.backup.retention import prune
from atlas_workflows.migration.backup.scratch import may_create_databases
from atlas_workflows.migration.backup.unfinished import BACKUPS
from atlas_workflows.migration.backup.verify import verify_backup
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.step import Skips, StepKind, StepResult, StepStatus
from atlas_workflows.migration.undo import NothingToUndo
from atlas_workflows.site import Progress, Site

TOUCHED = tuple(f"public.{table}" for table in ("workflows", *SIDE_TABLES))


def run(context: PhaseContext) -> StepResult:
    """Make and prove a backup; with `--no-backup` skip it and say so."""
    if not context.options.backup:
        return StepResult(StepStatus.SKIPPED, {"why": "the operator chose --no-backup"})
    plan = plan_of(context.site)
    made = make_backup(plan, context.settings, now=context.now(), report=_reporter(context))
    summary: dict[str, object] = {"folder": str(made)}
    if context.rehearses and may_create_databases(context.dsn):
        # The rehearsal restores this very backup, compares it with its manifest and fails where they differ.
        return StepResult(StepStatus.PASSED, summary | {"proved_by": "rehearsal"})
    proof = verify_backup(made, context.dsn, context.settings)
    summary |= {"proof": proof.to_json(), "pruned": prune(plan.folder)}
    if proof.passed:
        return StepResult(StepStatus.PASSED, summary)
    return StepResult(
        StepStatus.FAILED,
        summary,
        problem=f"The backup does not restore to what it was made of: {', '.join(proof.restored.faults)}.",
        remedy="Look at manifest.json in its folder, fix the cause, and run the same command again.",
    )


def plan_of(site: Site, folder: Path | None = None) -> BackupPlan:
    """All that a phase touches, encrypted where there is a key: a run always has one."""
    return BackupPlan(site.dsn, TOUCHED, folder or site.settings.home / BACKUPS, site.settings.secret_keys)


def _reporter(context: PhaseContext) -> Report:
    def report(table: str, done: int, total: int) -> None:
        context.progress(Progress("backup", table, done, total, message="checksums"))

    return report


STEP = StepKind(
    "backup",
    "Back up and prove the backup",
    run,
    undo=NothingToUndo("a backup outlives what it was made before; `atlas backup` keeps and drops them"),
    dry_run=Skips("a dry run writes nothing that a backup would have to undo"),
    continues=True,
)
