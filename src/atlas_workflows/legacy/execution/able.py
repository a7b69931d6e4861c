"""Whether a workflow in the old format can be executed here just as the old engines did; if not, the first reason."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from atlas_workflows.legacy.engine.deeds import INWARD, content_of, kind_of
from atlas_workflows.legacy.engine.drawn import OldNode, OldWorkflow
from atlas_workflows.legacy.engine.known import Known
from atlas_workflows.legacy.engine.outcomes import is_condition
from atlas_workflows.legacy.engine.questions import CODE, RANDOM, UNREADABLE, answer
from atlas_workflows.legacy.engine.semantics import OldEngine
from atlas_workflows.legacy.execution.contents import PERFORMED

SOME_DAY = datetime(2026, 3, 2, 10, tzinfo=UTC)
_TOLD = {
    RANDOM: "answers a condition at random",
    CODE: "executes program code in a condition",
    UNREADABLE: "asks something that cannot be read",
}
# Steps of which nobody wrote down what they did, or whose result later texts may use.
_UNKNOWN = INWARD | {"filter", "set_variable"}


def obstacle(old: OldWorkflow, engine: OldEngine) -> str | None:
    """Why it cannot be executed as it was; None where it can."""
    if old.start is None:
        return "It has no trigger node, so the old application fails each time."
    return next((found for node in old.nodes for found in _of_node(node, engine)), None)


def _of_node(node: OldNode, engine: OldEngine) -> Iterator[str]:
    if node.is_trigger:
        return
    if node.word in _UNKNOWN:
        yield f"What the step {node.word} of node {node.id} made of its data is not known."
    for raw in _conditions(node):
        for path in answer(raw, _nobody(), engine).open:
            if path in _TOLD:
                yield f"Node {node.id} {_TOLD[path]}."
    kind = kind_of(node)
    if kind is None or kind in engine.stubs:
        return
    if kind not in PERFORMED:
        yield f"The step {kind} of node {node.id} cannot be done here as it was."
        return
    content = content_of(kind, node.settings, _nobody(), engine)
    if content.get("template_id"):
        yield f"Node {node.id} sends a stored template, which cannot be sent from here."
    missing = next((name for name in PERFORMED[kind] if not content.get(name)), None)
    if missing is not None:
        yield f"Node {node.id} says nothing of {missing}."


def _conditions(node: OldNode) -> Iterator[Any]:
    if is_condition(node):
        inner = node.settings.get("condition")
        yield (
            inner
            if inner and "field" not in node.settings and "conditions" not in node.settings
            else node.settings
        )
    elif kind_of(node) is not None:
        yield node.settings.get("conditions") or node.settings.get("condition")


def _nobody() -> Known:
    empty: Mapping[str, Any] = {}
    return Known(empty, empty, {}, empty, SOME_DAY)
