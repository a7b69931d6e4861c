"""Step `decide`: say for every workflow in scope who will execute it and why, before anything is taken over."""

import json
from collections.abc import Sequence
from typing import Any

from atlas_workflows.db.connect import Connection
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.cutover.facts import (
    Candidate,
    read_candidates,
    scheduled_here,
    with_old_versions,
)
from atlas_workflows.migration.cutover.switch import Switch
from atlas_workflows.migration.cutover.take_over import counted
from atlas_workflows.migration.movement.backfill import at_work
from atlas_workflows.migration.movement.catch_up import catch_up
from atlas_workflows.migration.shadow.gate import parity_by_workflow
from atlas_workflows.migration.step import ReadsOnly, StepKind, StepResult
from atlas_workflows.migration.undo import NothingToUndo
from atlas_workflows.rollout.ownership import Decision, Owner, Parity, Rules, decide

# A phase with a comparison of semantics before it insists on parity.
COMPARES = "shadow"


def run(context: PhaseContext) -> StepResult:
    """Take up what the old application changed meanwhile, decide, and write owners.json beside the report."""
    with at_work(context, phase=context.phase.first.name) as worker:
        caught = catch_up(worker).written if context.persistent else 0
        covered = worker.source.tenants.covered
        organizations = None if covered is None else sorted(covered)
        candidates = read_candidates(
            worker.writer,
            Switch(worker.source.catalog),
            organizations,
            parity_of(context, worker.writer, organizations),
            scheduled_here(worker.writer, worker.source.tenancy.organizations, context.now()),
        )
        if rules_of(context).has_legacy_executor:
            candidates = with_old_versions(worker.reader, worker.source, candidates)
    decided = [(item, decide(item.facts, rules_of(context))) for item in candidates]
    _write(context, decided)
    return StepResult(
        summary={"captured_written": caught, **summary_of([decision for _, decision in decided])}
    )


def rules_of(context: PhaseContext) -> Rules:
    """What this phase insists on, and what was chosen; a dry run keeps no comparison that it could insist on."""
    return Rules(
        needs_parity=COMPARES in context.phase.steps and context.persistent,
        has_legacy_executor=context.options.not_ready == str(Owner.ATLAS_LEGACY),
    )


def parity_of(
    context: PhaseContext, connection: Connection, organizations: Sequence[str] | None
) -> dict[str, Parity]:
    """What the comparison found for each workflow as it stands; nothing in a phase that compares nothing."""
    if COMPARES not in context.phase.steps or not context.persistent:
        return {}
    found = parity_by_workflow(connection, organizations)
    return {workflow: Parity(word) for workflow, word in found.items()}


def summary_of(decisions: Sequence[Decision]) -> dict[str, Any]:
    """For the report: workflows by owner and cause, and triggers that stay asleep."""
    return {
        "owners": counted(decisions),
        "triggers_asleep": sum(len(decision.asleep) for decision in decisions),
    }


def _write(context: PhaseContext, decided: Sequence[tuple[Candidate, Decision]]) -> None:
    context.report_dir.mkdir(parents=True, exist_ok=True)
    listed = [
        {
            "workflow": item.facts.workflow, "organization": item.facts.organization, "owner": str(decision.owner),
            "cause": str(decision.cause), "why": decision.sentence, "errors": list(item.facts.errors),
            "triggers_asleep": list(decision.asleep),
        }
        for item, decision in decided
    ]  # fmt: skip
    (context.report_dir / "owners.json").write_text(json.dumps(listed, indent=1))


STEP = StepKind(
    "decide",
    "Decide who executes what",
    run,
    undo=NothingToUndo(
        "it decides and changes no owner; what it caught up with belongs to the phase that moves rows"
    ),
    dry_run=ReadsOnly("reads what is known of each workflow and writes nothing but owners.json"),
    continues=True,
    repeats=True,
    after=("expand",),
)
