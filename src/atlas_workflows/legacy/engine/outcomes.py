"""Which edges an old engine followed after a condition, a switch, a failure or anything else."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from atlas_workflows.expressions.operators import Operator
from atlas_workflows.expressions.paths import MISSING
from atlas_workflows.legacy.conditions.engines import Question, legacy_answer
from atlas_workflows.legacy.engine.drawn import OldEdge, OldNode, OldWorkflow
from atlas_workflows.legacy.engine.known import Known, js_text
from atlas_workflows.legacy.engine.semantics import OldEngine

_CONDITIONS = frozenset(
    {"condition", "conditional", "conditional_branch", "smart_condition", "ai_decision", "branch", "if_else"}
)  # fmt: skip
_LOOPS = frozenset({"loop", "loop_control", "loop_controller"})
_YES = frozenset({"true", "yes", "y", "1", "if", "then", "pass", "passed", "success", "match", "matched"})
_NO = frozenset(
    {"false", "no", "n", "0", "else", "otherwise", "fail", "failed", "failure", "nomatch", "error"}
)
_ERROR = frozenset({"error", "onerror", "failure", "failed"})
_PREFIX = re.compile(r"^(?:branch|condition|on|path)(?=.)")
_NOISE = re.compile(r"[\s_\-]+")
_SUBJECTS = (
    "switchValue",
    "switch_value",
    "expression",
    "field",
    "variable",
    "value",
    "switchOn",
    "switchField",
)
_NAMES = ("handle", "port", "id", "name", "label", "value", "case")


def is_condition(node: OldNode) -> bool:
    """Whether it asked something and went on by the answer."""
    return not node.is_trigger and (node.word in _CONDITIONS or node.type in _CONDITIONS)


def is_switch(node: OldNode) -> bool:
    """Whether it chose among cases."""
    return not node.is_trigger and (node.word == "switch" or node.type == "switch")


def is_loop(node: OldNode) -> bool:
    """Whether it meant to repeat what follows."""
    return node.word in _LOOPS


def is_straight(workflow: OldWorkflow) -> bool:
    """Whether every engine goes the same way: nothing is asked, nothing is reached twice."""
    asks = any(
        is_condition(node)
        or is_switch(node)
        or is_loop(node)
        or node.settings.keys() & {"condition", "conditions"}
        for node in workflow.nodes
    )
    targets = [edge.target for edge in workflow.edges]
    conditional = any(edge.condition not in (None, "", {}, []) for edge in workflow.edges)
    return not (asks or conditional or workflow.gate) and len(targets) == len(set(targets))


def edges_taken(
    node: OldNode, edges: Sequence[OldEdge], branch: str | None, *, failed: bool = False
) -> list[OldEdge]:
    """`branch` None: all edges but those for failures; after a failure that lets go on, those too."""
    if branch is None:
        if is_condition(node) or is_switch(node):
            return list(edges)
        return [edge for edge in edges if failed or _word(edge.branch) not in _ERROR]
    if is_switch(node):
        chosen = [edge for edge in edges if edge.branch == branch]
        return chosen or [
            edge for edge in edges if _word(edge.branch) in ("", "default", "else", "otherwise")
        ]
    wanted = _YES if branch == "true" else _NO
    # A branch-less edge was followed on both outcomes by one engine, never by others; phase 1 made it both.
    return [edge for edge in edges if _outcome(edge.branch) in wanted or not edge.branch]


def switch_value(node: OldNode, known: Known, engine: OldEngine) -> tuple[str, str]:
    """(the value it looked at, the name of the case that fits, or default)."""
    subject = next(
        (node.settings[key] for key in _SUBJECTS if node.settings.get(key) not in (None, "")), None
    )
    actual = known.look(subject.strip("{} ")) if isinstance(subject, str) else subject
    for case in _cases(node.settings.get("cases", node.settings.get("switchCases"))):
        if "value" in case and legacy_answer(
            Question(Operator.EQUALS, case["value"]), actual, engine.comparison
        ):
            names = (js_text(case[key]) for key in _NAMES if case.get(key) not in (None, ""))
            return _shown(actual), next(names, "default")
    return _shown(actual), "default"


def _shown(actual: Any) -> str:
    return "" if actual is MISSING else js_text(actual)


def _cases(raw: Any) -> list[Mapping[str, Any]]:
    if isinstance(raw, Mapping):
        return [
            value if isinstance(value, Mapping) else {"name": key, "value": value}
            for key, value in raw.items()
        ]
    return (
        [item if isinstance(item, Mapping) else {"value": item} for item in raw]
        if isinstance(raw, list)
        else []
    )


def _outcome(branch: str) -> str:
    return _PREFIX.sub("", _word(branch))


def _word(branch: str) -> str:
    return _NOISE.sub("", branch).lower()
