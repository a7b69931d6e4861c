"""Every legacy form of a condition to the canonical one, with what changes in meaning; never a silent guess."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from atlas_workflows.errors import ExpressionTooLarge, InvalidJson
from atlas_workflows.exact_json import loads
from atlas_workflows.expressions import limits
from atlas_workflows.expressions.condition import check_bounds
from atlas_workflows.graph.limits import is_deeper_than
from atlas_workflows.legacy.conditions.engines import ANY_ENGINE, ENGINES
from atlas_workflows.legacy.conditions.leaves import strange_keys, translate_leaf
from atlas_workflows.legacy.conditions.operands import Unfit
from atlas_workflows.legacy.conditions.typed import untyped
from atlas_workflows.legacy.conditions.verdicts import ConditionFindings, beneath
from atlas_workflows.legacy.reasons import Reason, ReasonCode, SemanticChange
from atlas_workflows.legacy.source.references import escaped, holds_reference

_LOGIC = {"and": "and", "all": "and", "or": "or", "any": "or", "not": "not", "none": "not"}
_LOGIC_KEYS = ("operator", "logic", "logicOperator", "logic_operator", "conditionLogic")
_MEMBERS = ("conditions", "rules")


@dataclass(frozen=True, slots=True)
class ConditionTranslation:
    """`condition` (canonical JSON) is None where there was none, or none that is understood: then `reasons` say why."""

    condition: dict[str, Any] | None
    reasons: tuple[Reason, ...] = ()
    changes: tuple[SemanticChange, ...] = ()


def translate_condition(
    raw: Any,
    *,
    engine: str | None = None,
    path: str = "",
    root: str = "contact",
    variables: frozenset[str] = frozenset(),
) -> ConditionTranslation:
    """The canonical condition a legacy one stands for; never raises.

    `engine` names what ran it (a key of legacy.conditions.engines.ENGINES), None if nobody knows;
    `path` is where it stands in the row; `root` is whose field a bare name means; `variables` are the workflow's own.
    """
    findings = ConditionFindings(ENGINES.get(engine or "", ANY_ENGINE), root, variables)
    condition = None
    try:
        raw = _decoded(raw, path, findings)
        if not _is_nothing(raw):
            _refuse_deep(raw)
            condition = _any_form(raw, path, findings)
            check_bounds(condition)
    except Unfit as verdict:
        findings.reason(verdict.code, verdict.path or path, verdict.message)
    except ExpressionTooLarge as cause:
        findings.reason(ReasonCode.CONDITION_TOO_LARGE, path, cause.fact)
    if condition is None:
        findings.changes.clear()
    return ConditionTranslation(condition, tuple(findings.reasons), tuple(findings.changes))


def _harmless(value: Any, path: str, findings: ConditionFindings) -> Any:
    if not holds_reference(value):
        return value
    findings.reason(
        ReasonCode.REFERENCE_ESCAPED, path, "A key of ours stood in a legacy condition; it refers to nothing."
    )
    return escaped(value)


def _decoded(raw: Any, path: str, findings: ConditionFindings) -> Any:
    """JSON inside a JSON string, as it was stored now and then."""
    if isinstance(raw, str) and raw.strip()[:1] in ("{", "[", '"', "n"):
        try:
            return _harmless(loads(raw), path, findings)
        except InvalidJson:
            return raw
    return raw


def _is_nothing(raw: Any) -> bool:
    if isinstance(raw, dict):
        return not raw or (_members(raw) == [] and not raw.get("field") and "conditionType" not in raw)
    return raw is None or raw == [] or raw == ""


def _refuse_deep(raw: Any) -> None:
    if is_deeper_than(raw, 2 * limits.MAX_CONDITION_DEPTH + 4):
        limits.refuse_beyond(
            limits.MAX_CONDITION_DEPTH,
            "MAX_CONDITION_DEPTH",
            limits.MAX_CONDITION_DEPTH + 1,
            "The nesting of the condition",
        )


def _any_form(raw: Any, path: str, findings: ConditionFindings) -> dict[str, Any]:
    raw = _decoded(raw, path, findings)
    if isinstance(raw, list):
        return _group(raw, set(), path, findings)
    if not isinstance(raw, dict):
        raise Unfit(
            ReasonCode.CONDITION_SHAPE_UNKNOWN, f"A condition is a {type(raw).__name__}, no object.", path
        )
    if raw.get("conditionType") is not None:
        raw = _typed(raw, path, findings)
    if members := _members(raw):
        return _group(members, _logic(raw, path), beneath(path, "conditions"), findings)
    inner = raw.get("condition")
    if isinstance(inner, dict) and inner:
        return _wrapped(raw, inner, path, findings)
    return translate_leaf(raw, path, findings)


def _typed(raw: Mapping[str, Any], path: str, findings: ConditionFindings) -> Mapping[str, Any]:
    plain = untyped(raw)
    if plain is None:
        shown = str(raw["conditionType"])[:60]
        raise Unfit(
            ReasonCode.CONDITION_SHAPE_UNKNOWN,
            f"Nobody knows the condition type {shown!r}.",
            beneath(path, "conditionType"),
        )
    if raw["conditionType"] == "activity":
        findings.change(
            ReasonCode.ACTIVITY_WAS_RANDOM,
            path,
            "answered at random",
            f"asks {plain['field']}",
            "The old engine drew lots for activity conditions; the answer now comes from the contact's activity.",
        )
    return plain


def _members(raw: Mapping[str, Any]) -> list[Any] | None:
    for key in _MEMBERS:
        members = raw.get(key)
        if isinstance(members, dict) and members:
            return list(members.values())
        if isinstance(members, list):
            return members
    return None


def _logic(raw: Mapping[str, Any], path: str) -> set[str]:
    """The words between a group's members, canonical; more than one means they contradict each other."""
    words = {key: raw[key] for key in _LOGIC_KEYS if raw.get(key) is not None}
    for key, word in words.items():
        if not isinstance(word, str) or word.strip().lower() not in _LOGIC:
            raise Unfit(
                ReasonCode.CONDITION_SHAPE_UNKNOWN,
                f"{str(word)[:40]!r} joins no conditions.",
                beneath(path, key),
            )
    strange = strange_keys(raw, frozenset((*_LOGIC_KEYS, *_MEMBERS)))
    if strange:
        raise Unfit(ReasonCode.CONDITION_SHAPE_UNKNOWN, f"A group with {strange} means nothing known.", path)
    return {_LOGIC[word.strip().lower()] for word in words.values()}


def _wrapped(
    raw: Mapping[str, Any], inner: Mapping[str, Any], path: str, findings: ConditionFindings
) -> dict[str, Any]:
    logic = _logic({key: value for key, value in raw.items() if key != "condition"}, path)
    condition = _any_form(inner, beneath(path, "condition"), findings)
    return {"operator": "not", "conditions": [condition]} if logic == {"not"} else condition


def _group(members: list[Any], logic: set[str], path: str, findings: ConditionFindings) -> dict[str, Any]:
    present = [(index, member) for index, member in enumerate(members) if member is not None]
    if len(present) < len(members):
        findings.reason(
            ReasonCode.NULL_ENTRY_DROPPED, path, "Null entries in a list of conditions were dropped."
        )
    joined = _joined(logic, [member for _, member in present], path, findings)
    conditions = [_any_form(member, f"{path}[{index}]", findings) for index, member in present]
    if not conditions:
        raise Unfit(ReasonCode.CONDITION_EMPTY, "A group holds no condition.", path)
    if len(conditions) == 1 and joined != "not":
        return conditions[0]
    if joined == "not" and len(conditions) > 1:
        findings.change(
            ReasonCode.NOT_GROUP_AMBIGUOUS,
            path,
            "not all of them, or none of them",
            "none of them",
            "NOT stands over several conditions; it now holds when none of them does.",
        )
    return {"operator": joined, "conditions": conditions}


def _joined(logic: set[str], members: list[Any], path: str, findings: ConditionFindings) -> str:
    words = set(logic)
    for member in members:
        if isinstance(member, dict) and _members(member) is None:
            word = member.get("logicOperator", member.get("logic"))
            words |= {_LOGIC.get(str(word).strip().lower(), "?")} if word else set()
    if len(words) > 1 or "?" in words:
        raise Unfit(
            ReasonCode.CONDITION_SHAPE_UNKNOWN,
            f"Contradictory words join the conditions: {sorted(words)}.",
            path,
        )
    if not words and len(members) > 1:
        findings.reason(ReasonCode.CONDITION_LOGIC_ASSUMED, path, "No AND or OR is stored; all must hold.")
    return words.pop() if words else "and"
