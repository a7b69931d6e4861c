"""A legacy node to a node of the workflow format: which type it is, its parameters, how it fails and retries."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from atlas_workflows.graph.model import ErrorMode, Node, RetryPolicy
from atlas_workflows.legacy.actions.drawer import Drawer
from atlas_workflows.legacy.actions.fields import ACTION_FIELDS
from atlas_workflows.legacy.actions.parameters import action_parameters
from atlas_workflows.legacy.aliases import ACTION_NODES, DISPATCHED_LABELS, LOGIC, node_type
from atlas_workflows.legacy.findings import Findings
from atlas_workflows.legacy.graph.logic import NodeContext, logic_parameters
from atlas_workflows.legacy.graph.stored import LegacyNode
from atlas_workflows.legacy.reasons import ReasonCode
from atlas_workflows.names import normal

UNKNOWN = "unknown"
_FLOW = frozenset(LOGIC.values()) - {"wait"}  # a label engine dispatched waits by label, too
_BACKOFFS = {"fixed": "fixed", "linear": "linear", "exponential": "exponential"}


def translate_node(node: LegacyNode, findings: Findings, around: NodeContext) -> Node:
    """The node in the workflow format; `unknown`, with everything it held, where its type is not known."""
    type_ = canonical_type(node)
    if type_ is None:
        return _unknown(node, findings, node.action or node.subtype or node.type or node.label)
    drawer = Drawer(node.settings, node.settings_path, findings, node.engine, node.id)
    facts = _facts(drawer)
    if type_ in ACTION_FIELDS:
        parameters: dict[str, Any] | None = action_parameters(type_, node, drawer)
    else:
        parameters = logic_parameters(type_, node, drawer, around)
    if parameters is None:
        return _unknown(node, findings, node.action or node.type)
    if drawer.left or node.spare:
        drawer.close(parameters, node.spare, _identity(node, type_))
    _note_skipped(node, type_, findings)
    if facts:
        _note_failing(node, facts, around, findings)
    return Node(
        id=node.id,
        type=type_,
        parameters=parameters,
        name=node.label,
        position=node.position,
        notes=node.notes,
        **facts,
    )


def canonical_type(node: LegacyNode) -> str | None:
    """Own type first where it says enough, else action type, subtype, label; never from the settings alone."""
    if node.type not in ACTION_NODES:
        own = node_type(node.type)
        if own is not None:
            return _by_settings(own, node)
    for word in (node.action, node.subtype):
        if word and (found := node_type(word)) is not None:
            return _by_settings(found, node)
        if word and word == node.action and normal(word) != node.type:
            return None
    found = node_type(node.label) if node.label else None
    return _by_settings(found, node) if found is not None else _by_channel(node)


def _identity(node: LegacyNode, type_: str) -> tuple[object, ...]:
    """Words that only repeat what the node is; a subtype that says something else is a setting like any other."""
    known = node.label, node.action, node.original.get("type")
    same = not node.action or node.subtype == node.action or node_type(node.subtype) == type_
    return (*known, node.subtype) if same else known


def _by_settings(type_: str, node: LegacyNode) -> str:
    """Two types hide behind one word: "Add/Remove Tags", and a webhook that fetches."""
    if type_ == "add_tags" and str(node.settings.get("action", "")).lower() in (
        "remove",
        "remove_tags",
        "removed",
    ):
        return "remove_tags"
    if type_ == "send_webhook" and str(node.settings.get("method", "POST")).upper() != "POST":
        return "http_request"
    return type_


def _by_channel(node: LegacyNode) -> str | None:
    channel = node.settings.get("channel")
    if node.type == "multi_channel_action" and channel in ("email", "sms", "whatsapp"):
        return f"send_{channel}"
    return (
        "ai_generate" if node.type in ("ai", "ai_node", "ai_action") and node.settings.get("prompt") else None
    )


def _note_skipped(node: LegacyNode, type_: str, findings: Findings) -> None:
    if node.action or node.type not in ACTION_NODES or node.label in DISPATCHED_LABELS or type_ in _FLOW:
        return
    findings.change(
        ReasonCode.SILENTLY_SKIPPED, f"{node.path}.data.label",
        f"No engine knew the label {node.label[:80]!r}, so the action was skipped and counted as done.",
        before="skipped", after=f"{type_} is executed",
    )  # fmt: skip


def _note_failing(node: LegacyNode, facts: dict[str, Any], around: NodeContext, findings: Findings) -> None:
    """The old engines knew one error mode for all steps of a workflow, and no attempts of a step's own."""
    mode = facts.get("on_error", around.error_mode)
    if mode is not around.error_mode or "retry" in facts:
        findings.change(
            ReasonCode.ERROR_MODE_CHANGED, node.path,
            "What the step itself says about errors was not read; where it fails, that counts now.",
            before=f"as the workflow: {around.error_mode}", after="retry" if "retry" in facts else str(mode),
        )  # fmt: skip


def _unknown(node: LegacyNode, findings: Findings, legacy_type: str) -> Node:
    code = ReasonCode.UNKNOWN_ACTION_TYPE if node.type in ACTION_NODES else ReasonCode.UNKNOWN_NODE_TYPE
    findings.reason(
        code, node.path, f"The type {legacy_type[:80]!r} is not known; the node is kept, not executed."
    )
    findings.keep_inactive()
    parameters = {"legacy_type": legacy_type, "original": node.original}
    return Node(node.id, UNKNOWN, parameters, name=node.label, position=node.position, notes=node.notes)


def _facts(drawer: Drawer) -> dict[str, Any]:
    """What every node may say about itself, taken out of its settings; cheap when it says nothing."""
    left = drawer.left
    facts: dict[str, Any] = {}
    for key, take in _FACTS.items():
        if key in left:
            take(left, key, facts)
    return facts


def _take_enabled(left: dict[str, Any], key: str, facts: dict[str, Any]) -> None:
    if isinstance(left[key], bool):
        value = left.pop(key)
        facts["enabled"] = not value if key == "disabled" else value


def _take_error_mode(left: dict[str, Any], key: str, facts: dict[str, Any]) -> None:
    if isinstance(left[key], bool):
        facts["on_error"] = ErrorMode.CONTINUE if left.pop(key) else ErrorMode.STOP


def _take_retry(left: dict[str, Any], key: str, facts: dict[str, Any]) -> None:
    raw = left[key]
    if not isinstance(raw, dict):
        return
    policy = retry_policy(raw)
    if policy is not None and set(raw) <= {"enabled", "maxAttempts", "backoffType", "backoffBase", "retryOn"}:
        del left[key]
        if raw.get("enabled", True):
            facts["retry"] = policy
        else:
            left[key] = raw


def retry_policy(raw: dict[str, Any]) -> RetryPolicy | None:
    """{maxAttempts, backoffType, backoffBase ms, retryOn[]}; None where a value does not fit."""
    attempts, base = raw.get("maxAttempts", 3), raw.get("backoffBase", 1000)
    backoff = _BACKOFFS.get(str(raw.get("backoffType", "exponential")).lower())
    retry_on = raw.get("retryOn", [])
    if not _is_count(attempts, 1, 100) or not _is_count(base, 0, 86_400_000) or backoff is None:
        return None
    if not isinstance(retry_on, list) or not all(isinstance(word, str) for word in retry_on):
        return None
    return RetryPolicy(
        attempts=attempts, backoff=backoff, delay_seconds=float(base) / 1000, retry_on=tuple(retry_on)
    )


def _is_count(value: Any, low: int, high: int) -> bool:
    return (
        isinstance(value, int | Decimal)
        and not isinstance(value, bool)
        and low <= value <= high
        and value == int(value)
    )


_FACTS: dict[str, Callable[[dict[str, Any], str, dict[str, Any]], None]] = {
    "enabled": _take_enabled,
    "disabled": _take_enabled,
    "continueOnError": _take_error_mode,
    "retryConfig": _take_retry,
}


def is_note(node: LegacyNode) -> bool:
    """Notes are drawn, never connected."""
    return node.type == "note"
