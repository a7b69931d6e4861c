"""Which recorded change of meaning explains a difference; what none explains stays unexplained. Pure."""

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from atlas_workflows.graph.model import Workflow
from atlas_workflows.legacy.engine.drawn import OldWorkflow
from atlas_workflows.legacy.reasons import ReasonCode as R
from atlas_workflows.migration.shadow.compare import UNTIL_SOMETHING, Change, Difference

_PLACEHOLDER = re.compile(r"\{\{[^{}]*\}\}")
# Those of SMS and bare names too, which also stand for what is no variable.
_ANY_PLACEHOLDER = re.compile(r"\{\{[^{}]*\}\}|\{[A-Za-z_][\w.]*\}|\[[A-Za-z_][\w.]*\]")
_SEALED = "$secret"
_FLOW = frozenset({Change.EFFECT_ADDED, Change.EFFECT_DROPPED, Change.BRANCH, Change.OUTCOME})
_OWN = frozenset({Change.EFFECT_ADDED, Change.EFFECT_DROPPED, Change.EFFECT_KIND, Change.OUTCOME})
_TEXT = frozenset({Change.CONTENT, Change.RECIPIENT})
_TIME = frozenset({Change.WAIT})
_START = frozenset({Change.START})

# A condition that may answer otherwise, a wait that may not end: explain what lies behind them where they did so.
_ANSWERS: Mapping[R, frozenset[Change]] = dict.fromkeys(
    (
        R.EQUALITY_CHANGED, R.ENGINES_DISAGREE, R.SLASH_WAS_DATE, R.BIG_NUMBER_WAS_ROUNDED, R.FORMULA_WAS_CODE,
        R.NOT_GROUP_AMBIGUOUS, R.ACTIVITY_WAS_RANDOM, R.CONDITION_SHAPE_UNKNOWN, R.CONDITION_FIELD_UNREADABLE,
        R.CONDITION_OPERATOR_UNKNOWN, R.CONDITION_OPERATOR_CUSTOM, R.CONDITION_VALUE_UNFIT, R.CONDITION_PATTERN_REFUSED,
        R.CONDITION_FORMULA_UNREADABLE, R.CONDITION_TOO_LARGE, R.CONDITION_EMPTY, R.WAIT_CAP_REMOVED,
    ),
    _FLOW,
)  # fmt: skip
# Codes after which another way is taken, whatever a condition answers.
_WAYS: Mapping[R, frozenset[Change]] = {
    **dict.fromkeys(
    (
        R.BOTH_BRANCHES_EXECUTED, R.BRANCHLESS_EDGE, R.PLACEHOLDER_LOOP, R.NESTED_STEPS_UNFOLDED, R.CYCLE_BROKEN,
        R.CYCLE_FOUND, R.ERROR_MODE_CHANGED, R.EDGE_CONDITION_KEPT, R.EDGE_PORT_UNKNOWN, R.EDGE_AFTER_END,
        R.EDGE_INTO_TRIGGER, R.EDGE_SELF_LOOP, R.NODE_ID_DUPLICATE, R.UNKNOWN_NODE_TYPE,
        R.DEFINITION_INVALID, R.WAIT_UNREADABLE, R.EXECUTED_PER_WAY, R.VARIABLE_NOW_REQUIRED,
        R.FILTER_WAS_PASSED, R.CASE_WITHOUT_WAY, R.SETTINGS_WERE_TEXT, R.DISABLED_STEP_RAN,
    ),
    _FLOW,
    ),
    R.TRIGGER_EDGES_ADDED: _FLOW | _TIME,  # what started nothing is new as a whole
}  # fmt: skip
_BEHIND = {**_ANSWERS, **_WAYS}
# Codes after which a step is executed more often, or less often than the engine that went round and round did.
_AGAIN = frozenset({R.PLACEHOLDER_LOOP, R.CYCLE_FOUND, R.CYCLE_BROKEN, R.EXECUTED_PER_WAY})
# Codes about something that every step may use.
_EVERYWHERE = frozenset({R.VARIABLE_DUPLICATE, R.VARIABLE_NAME_INVALID})
# Codes that explain their own step alone.
_AT: Mapping[R, frozenset[Change]] = {
    **dict.fromkeys(
        (
            R.SILENTLY_SKIPPED, R.ACTION_WAS_STUB, R.STEP_ALWAYS_SKIPPED, R.STEP_ALWAYS_FAILED, R.BRANCH_NEVER_SENT,
            R.UNKNOWN_ACTION_TYPE, R.NODE_UNREACHABLE, R.NODE_DATA_MISSING,
        ),
        _OWN,
    ),
    **dict.fromkeys(
        (R.CODE_NOT_EXECUTED, R.PARAMETER_INVALID, R.NODE_CONFIG_MALFORMED), _OWN | _TEXT
    ),
    R.DISABLED_STEP_RAN: _OWN | _TIME,
    R.SETTINGS_WERE_TEXT: _OWN | _TEXT | _TIME | frozenset({Change.BRANCH}),
    **dict.fromkeys(
        (
            R.PLACEHOLDER_LEFT_EMPTY, R.TEXT_WAS_NOT_FILLED, R.TEMPLATE_VARIABLE_UNKNOWN, R.TEMPLATE_SYNTAX_UNKNOWN,
            R.TEMPLATE_POSITION_UNUSED, R.TEMPLATE_TOO_LARGE, R.TEMPLATE_DATE_FORMAT, R.RECIPIENTS_NOT_CARRIED,
            R.ALIASES_DISAGREE, R.LIST_FROM_TEXT, R.SECRET_SEALED, R.TEXT_NOT_STORABLE, R.NUMBER_TOO_LARGE,
            R.VARIABLE_DUPLICATE, R.VARIABLE_NAME_INVALID, R.REFERENCE_ESCAPED,
        ),
        _TEXT,
    ),
    **dict.fromkeys((R.WAIT_CAP_REMOVED, R.BUSINESS_HOURS_LOCAL, R.WAIT_UNIT_ASSUMED, R.WAIT_NOT_POSITIVE), _TIME),
}  # fmt: skip
# Codes about how a workflow starts.
_STARTS: Mapping[R, frozenset[Change]] = dict.fromkeys(
    (
        R.TRIGGER_IDENTITY_CHANGED, R.TRIGGER_CANNOT_FIRE, R.TRIGGER_WAS_SILENT, R.TRIGGER_NEVER_SEEN,
        R.NEVER_FIRED_IN_LEGACY, R.TRIGGER_DISAGREEMENT, R.TRIGGER_CONFIGS_DISAGREE, R.UNKNOWN_TRIGGER_TYPE, R.NO_TRIGGER,
        R.SCORE_ZERO_HONOURED, R.SCORE_CROSSING, R.WEBHOOK_ENDPOINT_FOREIGN, R.DISABLED_TRIGGER_FIRED, R.SETTINGS_WERE_TEXT,
    ),
    _START,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """A code that phase 1 recorded for a workflow, at the node its path leads to; None: at the workflow as a whole."""

    code: R
    node: str | None


@dataclass(frozen=True, slots=True)
class Visited:
    """Nodes that the old engine and the enhanced one went through. `again`: those the old one came to more than once."""

    before: frozenset[str]
    after: frozenset[str]
    again: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Explained:
    """A difference with the codes that explain it; none means that it is unexplained."""

    difference: Difference
    codes: tuple[str, ...]


class Explainer:
    """Knows the findings of one workflow and which node lies behind which, by the old and the new edges."""

    def __init__(
        self, workflow: OldWorkflow, definition: Workflow, entries: Iterable[Mapping[str, Any]]
    ) -> None:
        self.findings = tuple(_findings(workflow, entries))
        self._there = frozenset(node.id for node in definition.nodes)
        pairs = [(edge.source, edge.target) for edge in workflow.edges]
        pairs += [(edge.source, edge.target) for edge in definition.edges]
        self._behind = {
            finding.node: _reached(finding.node, pairs)
            for finding in self.findings
            if finding.node is not None and finding.code in _BEHIND
        }

    def explain(self, differences: Sequence[Difference], visited: Visited) -> list[Explained]:
        """Each with every code that explains it."""
        turned = _Turned(
            frozenset(found.node for found in differences if _is_turned(found)),
            any(found.change is Change.OUTCOME for found in differences),
        )
        return [self._explained(found, visited, turned) for found in differences]

    def _explained(self, found: Difference, visited: Visited, turned: "_Turned") -> Explained:
        codes = [
            str(finding.code)
            for finding in self.findings
            if _is_of_start(finding, found)
            or _is_of_step(finding, found)
            or _was_ended(finding, found, visited)
            or (self._is_behind(finding, found, turned) and self._was_led_elsewhere(finding, found, visited))
        ]
        if _is_left_empty(found):
            codes.append(str(R.PLACEHOLDER_LEFT_EMPTY))
        return Explained(found, tuple(dict.fromkeys(codes)))

    def _is_behind(self, finding: Finding, found: Difference, turned: "_Turned") -> bool:
        if found.change not in _BEHIND.get(finding.code, ()):
            return False
        if finding.code is R.VARIABLE_NOW_REQUIRED:
            return True
        if finding.code is R.ERROR_MODE_CHANGED and not turned.failed:
            return False
        if found.node is None:  # the execution as a whole
            return finding.node is None or finding.code in _AGAIN
        if finding.node is None:
            return finding.code is not R.SETTINGS_WERE_TEXT  # that is a trigger's then
        if finding.code in _ANSWERS and found.node != finding.node and finding.node not in turned.nodes:
            return False
        return found.node in self._behind[finding.node]

    def _was_led_elsewhere(self, finding: Finding, found: Difference, visited: Visited) -> bool:
        """Whether the way taken can be the reason: not for a step that both went through, nor for one that is gone."""
        if finding.code is R.VARIABLE_NOW_REQUIRED and visited.after:
            return False  # it started, so nothing was missing
        if finding.code in _ANSWERS and finding.node == found.node:
            return found.node in self._there  # a step's own condition
        if found.change is Change.EFFECT_DROPPED and finding.code in _WAYS and found.node in visited.again:
            return found.node in self._there
        if found.change is Change.EFFECT_DROPPED:
            return found.node in self._there and found.node not in visited.after
        return (
            found.change is not Change.EFFECT_ADDED
            or finding.code in _AGAIN
            or found.node not in visited.before
        )


@dataclass(frozen=True, slots=True)
class _Turned:
    """Nodes that answered otherwise or did not let go on, and whether the execution failed where it had not."""

    nodes: frozenset[str | None]
    failed: bool


def _is_turned(found: Difference) -> bool:
    return found.change is Change.BRANCH or (found.change is Change.WAIT and found.after == UNTIL_SOMETHING)


def _is_left_empty(found: Difference) -> bool:
    """The one rule that holds for every workflow: what found no value was sent as written, and is left out now."""
    return (
        found.change in _TEXT
        and _holds_placeholder(found.before)
        and (_bare(found.before) or None) == (_bare(found.after) or None)
    )


def _holds_placeholder(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_holds_placeholder, value.values()))
    if isinstance(value, list):
        return any(map(_holds_placeholder, value))
    return isinstance(value, str) and _PLACEHOLDER.search(value) is not None


def _is_filled_in(before: Any, after: Any) -> bool:
    """Whether `after` is `before` with something, or nothing, where placeholders stood."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return before.keys() == after.keys() and all(_is_filled_in(before[key], after[key]) for key in before)
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(_is_filled_in, before, after))
    if not isinstance(before, str):
        return bool(before == after)
    first, *others = (_plain(part) for part in _ANY_PLACEHOLDER.split(before))
    text = _plain(after if isinstance(after, str) else "")
    if not text.startswith(first) or not text.endswith(others[-1] if others else first):
        return False
    at = len(first)
    for part in others:
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return bool(others) or text == first


def _plain(text: str) -> str:
    return "".join(html.unescape(text).split())


def _bare(value: Any) -> Any:
    """Without placeholders and blanks; what nothing is left of is not there."""
    if isinstance(value, Mapping):
        return {key: left for key, item in value.items() if (left := _bare(item))}
    if isinstance(value, list):
        return [left for item in value if (left := _bare(item))]
    return _plain(_PLACEHOLDER.sub("", value)) if isinstance(value, str) else value


def _is_of_start(finding: Finding, found: Difference) -> bool:
    return found.change in _STARTS.get(finding.code, ())


def _is_of_step(finding: Finding, found: Difference) -> bool:
    if finding.code in _ANSWERS and found.change is Change.WAIT:
        return finding.node is not None and finding.node == found.node
    if found.change not in _AT.get(finding.code, ()):
        return False
    if finding.code is R.TEXT_WAS_NOT_FILLED and not _is_filled_in(found.before, found.after):
        return False
    if finding.code is R.SECRET_SEALED:  # the same value, under another name
        return isinstance(found.after, Mapping) and _SEALED in found.after
    return finding.node == found.node or (finding.node is None and finding.code in _EVERYWHERE)


def _was_ended(finding: Finding, found: Difference, visited: Visited) -> bool:
    """Whether an end that was come to may have cut the other ways short."""
    is_there = finding.code is R.END_ENDS_ALL and finding.node in visited.after
    return is_there and found.change is Change.EFFECT_DROPPED and found.node in visited.before


def _findings(workflow: OldWorkflow, entries: Iterable[Mapping[str, Any]]) -> Iterator[Finding]:
    for entry in entries:
        code = R.__members__.get(str(entry.get("code")))
        if code is not None:  # one of a later release explains nothing here
            yield Finding(code, node_at(workflow, entry.get("field")))


def node_at(workflow: OldWorkflow, path: Any) -> str | None:
    """The node that a path into the row leads to; of an edge, the node it leaves."""
    if not isinstance(path, str):
        return None
    if path.startswith("nodes.") and path[6:].split(".")[0] in workflow.by_id:
        return path[6:].split(".")[0]
    places = [(node.place, node.id) for node in workflow.nodes]
    places += [(edge.place, edge.source) for edge in workflow.edges]
    return next((id_ for place, id_ in places if place and _leads_into(path, place)), None)


def _leads_into(path: str, place: str) -> bool:
    return path == place or path.startswith((f"{place}.", f"{place}["))


def _reached(start: str, pairs: Sequence[tuple[str, str]]) -> frozenset[str]:
    leaving: dict[str, list[str]] = {}
    for source, target in pairs:
        leaving.setdefault(source, []).append(target)
    found, waiting = {start}, [start]
    while waiting:
        fresh = [target for target in leaving.get(waiting.pop(), ()) if target not in found]
        found.update(fresh)
        waiting += fresh
    return frozenset(found)
