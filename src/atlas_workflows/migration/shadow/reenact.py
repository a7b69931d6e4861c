"""Holds an old engine's plan against the steps that were recorded: reproduced, or why not. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from atlas_workflows.documented_code import DocumentedCode
from atlas_workflows.legacy.engine.course import NO_TRIGGER
from atlas_workflows.legacy.engine.drawn import OldNode, OldWorkflow
from atlas_workflows.legacy.engine.outcomes import edges_taken, is_condition
from atlas_workflows.legacy.engine.plan import plan
from atlas_workflows.legacy.engine.planned import Plan, Start
from atlas_workflows.legacy.engine.semantics import OldEngine
from atlas_workflows.migration.shadow.history import UNFINISHED, Recorded, RecordedStep
from atlas_workflows.names import normal


class Cause(DocumentedCode):
    """Why a recorded execution is not what the old engine would have done."""

    # fmt: off
    NO_STEPS = "NO_STEPS", "The record keeps no steps, so nothing can be compared; it proves nothing either way."
    UNFINISHED = "UNFINISHED", "The record was never finished: running, pending, or steps with such a status."
    GRAPH_CHANGED = "GRAPH_CHANGED", "Recorded steps name nodes that the workflow does not have any more."
    NOT_STARTED = "NOT_STARTED", "Steps were recorded, and as it stands the workflow could not have started."
    STOPPED_EARLY = "STOPPED_EARLY", "The record ends at a failed step, and the settings say that it goes on after failures."
    WENT_ON = "WENT_ON", "The record goes on after a failed step, and the settings say that it stops."
    STEPS_MISSING = "STEPS_MISSING", "The old engine would have executed steps that the record does not show."
    STEPS_BEYOND = "STEPS_BEYOND", "The record shows steps that the old engine would not have reached."
    OTHER_ORDER = "OTHER_ORDER", "The same steps, in another order."
    STEP_STATUS = "STEP_STATUS", "A step is recorded as skipped that the old engine would have executed."
    OUTCOME_DIFFERS = "OUTCOME_DIFFERS", "All steps agree, and the execution is recorded with another outcome, as the old application did with successes now and then."
    # fmt: on


@dataclass(frozen=True, slots=True)
class Reenacted:
    """`cause` None: it reproduces. `assumed`: conditions whose data nobody kept, taken from the record itself."""

    cause: Cause | None
    assumed: int = 0
    detail: str = ""


def reenact(workflow: OldWorkflow, record: Recorded, engine: OldEngine) -> Reenacted:
    """Execute it again as `engine` would have, with the failures that were recorded, and compare step by step."""
    if record.steps is None:
        return Reenacted(Cause.NO_STEPS)
    if record.status == UNFINISHED or any(step.status == UNFINISHED for step in record.steps):
        return Reenacted(Cause.UNFINISHED)
    named = list(_nodes(workflow, record.steps))
    unknown = next((step.name or step.label for step, node in named if node is None), None)
    if unknown is not None:
        return Reenacted(Cause.GRAPH_CHANGED, detail=unknown)
    steps = [(node, step) for step, node in named if node is not None and not node.is_trigger]
    seen = plan(workflow, _start(workflow, record, steps), engine)
    assumed = sum(1 for branch in seen.branches if branch.is_told)
    cause, detail = _compared(workflow, record, steps, seen)
    return Reenacted(cause, assumed, detail)


def _start(workflow: OldWorkflow, record: Recorded, steps: Sequence[tuple[OldNode, RecordedStep]]) -> Start:
    return Start(
        execution=record.id,
        at=record.started_at,
        event=record.event,
        contact=record.lead,
        failures={node.id: step.error or "failed" for node, step in steps if step.status == "failed"},
        told=dict(_told(workflow, {node.id for node, _ in steps})),
    )


def _told(workflow: OldWorkflow, reached: set[str]) -> Iterator[tuple[str, bool]]:
    """Which way each condition went, by the steps that were recorded behind it."""
    for node in workflow.by_id.values():
        if not is_condition(node) or node.id not in reached:
            continue
        edges = workflow.leaving.get(node.id, ())
        yes, no = ({edge.target for edge in edges_taken(node, edges, word)} for word in ("true", "false"))
        if reached & (yes - no):
            yield node.id, True
        elif reached & (no - yes):
            yield node.id, False
        elif bool(yes) != bool(no):
            yield node.id, not yes  # nothing followed, so it went where nothing was drawn


def _compared(
    workflow: OldWorkflow, record: Recorded, steps: Sequence[tuple[OldNode, RecordedStep]], seen: Plan
) -> tuple[Cause | None, str]:
    heads = {node.id for node in workflow.nodes if node.is_trigger}
    planned = [(step.node, step.status) for step in seen.steps if step.node not in heads]
    happened = [(node.id, step.status) for node, step in steps]
    if seen.reason == NO_TRIGGER and happened:
        return Cause.NOT_STARTED, ""
    if record.status == "cancelled":
        planned = planned[: len(happened)]  # a person ended it; what came before must agree
    cause = _order(planned, happened, goes_on=workflow.goes_on)
    if cause is not None:
        return cause
    for (node, wanted), (_, status) in zip(planned, happened, strict=True):
        if status != wanted and not (wanted == "passed" and status in ("completed", "skipped")):
            return Cause.STEP_STATUS, node
    outcome = "completed" if seen.outcome == "refused" else seen.outcome
    if record.status not in ("cancelled", outcome):
        return Cause.OUTCOME_DIFFERS, record.status
    return None, ""


def _order(
    planned: Sequence[tuple[str, str]], happened: Sequence[tuple[str, str]], *, goes_on: bool
) -> tuple[Cause, str] | None:
    wanted, got = [node for node, _ in planned], [node for node, _ in happened]
    if wanted == got:
        return None
    if sorted(wanted) == sorted(got):
        return Cause.OTHER_ORDER, ""
    is_cut = bool(happened) and happened[-1][1] == "failed" and wanted[: len(got)] == got
    if is_cut and goes_on:
        return Cause.STOPPED_EARLY, got[-1]
    if (
        not goes_on
        and any(status == "failed" for _, status in happened[:-1])
        and got[: len(wanted)] == wanted
    ):
        return Cause.WENT_ON, got[len(wanted)]
    missing = next((node for node in wanted if node not in got), None)
    if missing is not None:
        return Cause.STEPS_MISSING, missing
    return Cause.STEPS_BEYOND, next((node for node in got if node not in wanted), "")


def _nodes(
    workflow: OldWorkflow, steps: Sequence[RecordedStep]
) -> Iterator[tuple[RecordedStep, OldNode | None]]:
    """The node that each recorded step was of. Linear workflows name steps by label or place."""
    before = (
        1 if steps and _is_of_trigger(steps[0]) else 0
    )  # the trigger's own step counts where it was recorded
    for at, step in enumerate(steps):
        if not workflow.is_linear:
            yield step, workflow.by_id.get(step.name)
        else:
            yield step, _TRIGGER if _is_of_trigger(step) else _linear_node(workflow, at, step, before)


def _is_of_trigger(step: RecordedStep) -> bool:
    return normal(step.label) in ("trigger", "start")


def _linear_node(workflow: OldWorkflow, at: int, step: RecordedStep, before: int) -> OldNode | None:
    by_label = [node for node in workflow.nodes if step.label and node.label == step.label]
    if len(by_label) == 1:
        return by_label[0]
    by_id = workflow.by_id.get(step.name)
    if by_id is not None and (not before or not step.name.startswith("action_")):
        return by_id
    # action_N counts the recorded steps, whatever ids the actions have.
    digits = step.name.rpartition("_")[2]
    place = (int(digits) if digits.isdecimal() and len(digits) < 5 else at) - before
    return workflow.nodes[place] if 0 <= place < len(workflow.nodes) else None


_TRIGGER = OldNode("", "trigger", "", "", {}, is_flat=False, place="")


def best_engine(
    engines: Sequence[OldEngine], reproduced: Mapping[str, int]
) -> tuple[OldEngine, tuple[OldEngine, ...]]:
    """The engine that reproduces most of the history, the likeliest on a tie, and all that history leaves standing."""
    most = max((reproduced.get(engine.called, 0) for engine in engines), default=0)
    standing = tuple(engine for engine in engines if reproduced.get(engine.called, 0) == most)
    return standing[0], standing
