"""Step `preflight`: the checklist before a migration; a failed item that nobody waived stops the phase."""

from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.preflight.checklist import go_through, record, unmet
from atlas_workflows.migration.preflight.source_items import SUITE
from atlas_workflows.migration.step import ReadsOnly, StepKind, StepResult, StepStatus
from atlas_workflows.migration.undo import NothingToUndo


def run(context: PhaseContext) -> StepResult:
    """Look at every item, note the findings, and fail with what is left to do."""
    findings = go_through(context)
    if context.persistent:
        with context.connect("preflight", autocommit=True) as connection:
            record(connection, context, findings)
    summary = {finding.item: f"{finding.status}: {finding.detail}" for finding in findings}
    open_items = unmet(findings)
    if not open_items:
        return StepResult(StepStatus.PASSED, summary)
    return StepResult(
        StepStatus.FAILED,
        summary,
        problem=" ".join(f"{finding.item}: {finding.detail}" for finding in open_items),
        remedy=" ".join(dict.fromkeys(finding.remedy for finding in open_items if finding.remedy)),
    )


STEP = StepKind(
    "preflight",
    "Check what must hold before a migration",
    run,
    undo=NothingToUndo("it looks and changes nothing; its checklist stays with the run's record"),
    dry_run=ReadsOnly("goes through the checklist without noting it"),
    continues=True,
    suite=SUITE,
)
