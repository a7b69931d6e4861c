"""Legacy logic nodes (conditions, waits, loops, branches, data) to the parameters of canonical ones."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from atlas_workflows.graph.model import ErrorMode
from atlas_workflows.legacy.actions.drawer import (
    UNFIT,
    Drawer,
    anything,
    choice,
    flag,
    mapping,
    name,
    positive,
    same_words,
    text,
    whole,
)
from atlas_workflows.legacy.actions.fields import variable
from atlas_workflows.legacy.actions.parameters import condition_of
from atlas_workflows.legacy.actions.transforms import transform_parameters
from atlas_workflows.legacy.conditions.switches import split_parameters, switch_parameters
from atlas_workflows.legacy.graph.stored import LegacyNode
from atlas_workflows.legacy.reasons import ReasonCode
from atlas_workflows.legacy.timing.waits import translate_wait

Parameters = dict[str, Any]


@dataclass(frozen=True, slots=True)
class NodeContext:
    """What a node cannot know by itself: the workflow's zone and error mode, and by which handles edges leave each node."""

    timezone: str | None
    handles: Mapping[str, Sequence[str]]
    error_mode: ErrorMode = ErrorMode.STOP


ITEMS = (
    "items", "arrayPath", "array_path", "collection", "array", "itemsPath", "inputPath", "dataSource", "loopOver",
    "sourceArray", "inputArray",
)  # fmt: skip
CONDITION_KEYS = frozenset(
    {
        "field", "operator", "value", "conditions", "condition", "logic", "logicOperator", "conditionType",
        "condition_type", "minValue", "maxValue", "min_value", "max_value", "caseSensitive", "case_sensitive",
        "trueBranch", "falseBranch", "rules", "groups", "combinator", "valueType", "dataType", "values", "score",
        "scoreOperator", "scoreValue", "tags", "tag", "tagOperator", "timeOperator", "timeValue", "timeUnit",
        "activityType", "timeframe", "days", "not", "negate", "conjunction", "expression",
    }
)  # fmt: skip
WAIT_KEYS = frozenset(
    {
        "duration", "unit", "durationValue", "durationUnit", "baseDelay", "conditions", "delay", "delay_minutes",
        "delayMinutes", "waitType", "wait_type", "datetime", "dateTime", "condition", "type", "specificTime",
        "businessHours", "businessHoursOnly", "business_hours_only", "amount", "value", "scheduledTime", "timezone",
        "scheduled_time", "until", "time", "events", "event", "timeout", "days", "hours", "minutes", "seconds",
        "delayType", "delayValue", "delayUnit", "duration_unit", "duration_value", "waitFor", "wait_for",
    }
)  # fmt: skip


def logic_parameters(type_: str, node: LegacyNode, drawer: Drawer, around: NodeContext) -> Parameters | None:
    """Parameters for a node of canonical logic `type_`; None where only `unknown` would be honest."""
    return _BUILDERS[type_](node, drawer, around)


def raw_condition(drawer: Drawer) -> Any:
    """The part of the settings that states a condition, taken out of the drawer."""
    left = drawer.left
    taken = {key: left.pop(key) for key in list(left) if key in CONDITION_KEYS}
    nested = taken.get("condition")
    if nested and not taken.keys() & {
        "field",
        "conditions",
        "conditionType",
        "condition_type",
        "rules",
        "groups",
    }:
        left.update(
            (key, value) for key, value in taken.items() if key != "condition" and value not in (None, "")
        )
        return nested
    return taken


def _condition(node: LegacyNode, drawer: Drawer, around: NodeContext) -> Parameters | None:  # noqa: ARG001
    raw = raw_condition(drawer)
    parameters: Parameters = {}
    if raw:
        condition = condition_of(raw, drawer, "condition", node.engine)
        if condition is not None:
            return {"condition": condition}
        drawer.left["legacy_condition"] = raw
    if node.type == "ai_decision":
        drawer.left = dict(node.settings)
        return None
    return parameters


def _wait(node: LegacyNode, drawer: Drawer, around: NodeContext) -> Parameters:  # noqa: ARG001
    left = drawer.left
    raw = {key: left.pop(key) for key in list(left) if key in WAIT_KEYS}
    result = translate_wait(
        raw, default_timezone=around.timezone, path=drawer.path, variables=drawer.findings.variables
    )
    drawer.findings.merge(tuple(result.reasons), tuple(result.changes))
    if result.wait is None:
        left.update(raw)
        return {}
    return {"wait": result.wait}


_LOOPS = {
    "for_each": "for_each", "foreach": "for_each", "array": "for_each", "each": "for_each", "iterate": "for_each",
    "while": "while", "until": "while", "fixed_count": "count", "count": "count", "fixed": "count", "times": "count",
    "range": "count",
}  # fmt: skip


def _loop(node: LegacyNode, drawer: Drawer, around: NodeContext) -> Parameters:  # noqa: ARG001
    parameters: Parameters = {}
    drawer.fill(
        parameters,
        (
            ("kind", ("loopType", "loop_type", "kind", "type", "mode"), choice(_LOOPS)),
            ("items", ITEMS, _path),
            ("count", ("iterations", "count", "loopCount", "loop_count", "times"), _count),
            ("max_iterations", ("maxIterations", "max_iterations"), _rounds),
            ("item_variable", ("itemVariable", "item_variable", "itemName", "loopVariable"), variable),
        ),
    )
    for target, names in (
        ("condition", ("condition", "conditions", "whileCondition")),
        ("break_when", ("breakCondition", "break_condition", "breakWhen")),
    ):
        raw = drawer.take(*names)
        condition = condition_of(raw, drawer, names[0], None) if raw else None
        if condition is not None:
            parameters[target] = condition
        elif raw:
            drawer.left[names[0]] = raw
    if "kind" not in parameters:
        parameters["kind"] = (
            "for_each" if "items" in parameters else "while" if "condition" in parameters else "count"
        )
    _note_loop(parameters, drawer)
    return parameters


def _note_loop(parameters: Parameters, drawer: Drawer) -> None:
    drawer.findings.change(
        ReasonCode.PLACEHOLDER_LOOP, drawer.path,
        "No old engine looped as configured: one ran the body once, another ran what follows at every turn.",
        before="body at most once", after={key: parameters[key] for key in ("kind", "items", "count") if key in parameters},
    )  # fmt: skip


def _path(value: Any, drawer: Drawer) -> Any:
    """A path of data, also from a text that is nothing but one placeholder."""
    found = text(value, drawer)
    if not isinstance(found, str) or not found.strip() or len(found) > 500:
        return UNFIT
    inner = found.strip()
    if inner.startswith("{{") and inner.endswith("}}") and inner.count("{{") == 1:
        inner = inner[2:-2].strip()
    return UNFIT if "{{" in inner else inner


def _count(value: Any, drawer: Drawer) -> Any:
    return value if isinstance(value, str) and "{{" in value else whole(value, drawer)


def _rounds(value: Any, drawer: Drawer) -> Any:
    found = positive(value, drawer)
    return found if found is not UNFIT and found <= 1000 else UNFIT


def _parallel(node: LegacyNode, drawer: Drawer, around: NodeContext) -> Parameters:
    raw = drawer.left.get("branches")
    handles = around.handles.get(node.id, ())
    drawn = sum(1 for handle in set(handles) if handle)
    if isinstance(raw, list):
        amount = len(raw)
    else:
        found = whole(
            drawer.take("branches", "branchCount", "branch_count", "parallelBranches") or drawn, drawer
        )
        amount = found if found is not UNFIT else drawn
    return {"branches": max(2, amount, 1 + _highest_branch(handles))}


def _highest_branch(handles: Sequence[str]) -> int:
    numbers = (handle.rpartition("-")[2] for handle in handles if handle.startswith("branch-"))
    return max((int(digits) for digits in numbers if digits.isdecimal() and len(digits) < 4), default=-1)


_MERGES = {
    "wait_all": "all", "all": "all", "waitall": "all", "wait_first": "first", "first": "first", "any": "first",
    "waitany": "first", "wait_any": "first", "wait_majority": "quorum", "majority": "quorum", "quorum": "quorum",
}  # fmt: skip


def _merge(node: LegacyNode, drawer: Drawer, around: NodeContext) -> Parameters:  # noqa: ARG001
    parameters: Parameters = {}
    wait_for_all = drawer.left.get("waitForAll")
    if isinstance(wait_for_all, bool):
        parameters["mode"] = "all" if drawer.left.pop("waitForAll") else "first"
    drawer.fill(
        parameters,
        (
            ("mode", ("mergeType", "merge_type", "mergeMode", "strategy", "mode", "type"), choice(_MERGES)),
            ("quorum", ("quorum", "requiredInputs"), positive),
        ),
    )
    return parameters


def _filter(node: LegacyNode, drawer: Drawer, around: NodeContext) -> Parameters:  # noqa: ARG001
    parameters: Parameters = {}
    drawer.fill(
        parameters,
        (
            ("items", (*ITEMS, "source", "input"), _path),
            ("output", ("outputVariable", "output_variable", "output"), variable),
        ),
    )
    raw = raw_condition(drawer)
    root = "item" if "items" in parameters else "contact"
    condition = condition_of(raw, drawer, "condition", node.engine, root) if raw else None
    if condition is not None:
        parameters["condition"] = condition
        if root == "contact":
            _note_filter(drawer)
    elif raw:
        drawer.left["legacy_condition"] = raw
    return parameters


def _note_filter(drawer: Drawer) -> None:
    drawer.findings.change(
        ReasonCode.FILTER_WAS_PASSED, drawer.path,
        "No old engine is known to have stopped at a filter; whoever does not fit it now goes no further.",
        before="everybody went on", after="only whom it lets through",
    )  # fmt: skip


def _set_variable(node: LegacyNode, drawer: Drawer, around: NodeContext) -> Parameters:  # noqa: ARG001
    parameters: Parameters = {}
    drawer.fill(
        parameters,
        (
            ("name", ("variableName", "variable_name", "name", "variable"), variable),
            ("value", ("value", "variableValue"), anything),
            ("scope", ("scope",), same_words("execution", "workflow", "global")),
        ),
    )
    return parameters


def _sub_workflow(node: LegacyNode, drawer: Drawer, around: NodeContext) -> Parameters:  # noqa: ARG001
    parameters: Parameters = {}
    drawer.fill(
        parameters,
        (
            ("workflow_id", ("workflowId", "workflow_id", "subWorkflowId"), text),
            ("input", ("inputMapping", "input", "inputData", "inputs"), mapping),
            ("wait_for_result", ("waitForCompletion", "waitForResult", "wait_for_completion"), flag),
            ("output", ("outputVariable", "output_variable", "output"), variable),
        ),
    )
    return parameters


def _end(node: LegacyNode, drawer: Drawer, around: NodeContext) -> Parameters:  # noqa: ARG001
    parameters: Parameters = {}
    drawer.put(parameters, "outcome", ("outcome", "result", "status"), name)
    return parameters


def _goal(node: LegacyNode, drawer: Drawer, around: NodeContext) -> Parameters:  # noqa: ARG001
    parameters: Parameters = {"name": (node.label or "Goal")[:200]}
    raw = raw_condition(drawer)
    condition = condition_of(raw, drawer, "condition", None) if raw else None
    if condition is not None:
        parameters["condition"] = condition
    elif raw:
        drawer.left["legacy_condition"] = raw
    return parameters


def _note(node: LegacyNode, drawer: Drawer, around: NodeContext) -> Parameters:  # noqa: ARG001
    parameters: Parameters = {}
    found = drawer.take("text", "note", "content", "message", "body")
    if isinstance(found, str):
        parameters["text"] = found
    elif found is not None:
        drawer.left["text"] = found
    return parameters


def _switch(node: LegacyNode, drawer: Drawer, around: NodeContext) -> Parameters:
    return switch_parameters(node, drawer, around.handles.get(node.id, ()))


def _split(node: LegacyNode, drawer: Drawer, around: NodeContext) -> Parameters | None:  # noqa: ARG001
    return split_parameters(drawer)


def _transform(node: LegacyNode, drawer: Drawer, around: NodeContext) -> Parameters | None:  # noqa: ARG001
    return transform_parameters(drawer)


_BUILDERS: dict[str, Callable[[LegacyNode, Drawer, NodeContext], Parameters | None]] = {
    "condition": _condition,
    "wait": _wait,
    "loop": _loop,
    "parallel": _parallel,
    "merge": _merge,
    "filter": _filter,
    "set_variable": _set_variable,
    "sub_workflow": _sub_workflow,
    "end": _end,
    "goal": _goal,
    "note": _note,
    "switch": _switch,
    "split": _split,
    "transform": _transform,
}
