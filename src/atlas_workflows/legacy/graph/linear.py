"""Linear workflows (shapes C to F, scoring, lists of steps) as a trigger and a chain of nodes."""

from typing import Any

from atlas_workflows.graph.model import Node
from atlas_workflows.legacy.aliases import TRIGGER_NODES
from atlas_workflows.legacy.conditions.forms import translate_condition
from atlas_workflows.legacy.findings import Findings
from atlas_workflows.legacy.graph.raw import Entry
from atlas_workflows.legacy.graph.stored import LegacyNode, id_text
from atlas_workflows.legacy.reasons import ReasonCode
from atlas_workflows.names import normal

GATE = "conditions"
_FACTS = frozenset(
    {
        "id",
        "type",
        "action",
        "actionType",
        "action_type",
        "config",
        "settings",
        "params",
        "parameters",
        "name",
        "label",
    }
)
_STUBS = frozenset({"send_email", "send_sms"})
_WAIT_FORMS = frozenset({"duration", "specific_time", "until_datetime", "until_condition"})
_NAME_SETTINGS = {
    "create_opportunity": {"title", "opportunityName"},
    "track_event": {"eventName", "event_name", "event"},
    "create_task": {"title", "taskTitle", "task_title"},
}
_DAY = {"amount": 24, "unit": "hours"}


def step_nodes(steps: list[Entry]) -> list[LegacyNode]:
    """Each step as a node of its own, in order; ids from the step, else from its place."""
    nodes: list[LegacyNode] = []
    taken: set[str] = set()
    for at, (path, step) in enumerate(steps):
        own = id_text(step.get("id"))
        id_ = own if own and own not in taken else f"step-{at + 1}"
        while id_ in taken:
            id_ += "~2"
        taken.add(id_)
        nodes.append(step_node(id_, path, step))
        if own and own != id_:
            nodes[-1].spare["id"] = step["id"]
    return nodes


def step_node(id_: str, path: str, step: dict[str, Any]) -> LegacyNode:
    """One step of a linear workflow as a node with this id."""
    told = next(
        (
            step[key]
            for key in ("type", "actionType", "action_type", "action")
            if isinstance(step.get(key), str)
        ),
        "",
    )
    settings = {key: value for key, value in step.items() if key not in _FACTS}
    spare: dict[str, Any] = {}
    for key in ("config", "settings", "params", "parameters"):
        inner = step.get(key)
        if isinstance(inner, dict):
            spare.update(
                (f"{key}.{name}", settings[name])
                for name in inner
                if name in settings
                if inner[name] != settings[name]
            )
            settings.update(inner)
        elif inner not in (None, "", []):
            spare[key] = inner
    for key in ("actionType", "action_type", "action"):
        value = step.get(key)
        if value is not None and value != told:
            settings.setdefault(key, value)
    node = LegacyNode(
        path, id_, "action", action=told, settings=settings, spare=spare, original=step, engine="service"
    )
    node.label = next((step[key] for key in ("name", "label") if isinstance(step.get(key), str)), "")
    if node.label is not step.get("name") and isinstance(step.get("name"), str):
        spare["name"] = step["name"]
    node.settings_path = path
    _read_overloaded_keys(node, told, step)
    if told in TRIGGER_NODES:
        node.type, node.action, node.is_trigger = told, "", True
    return node


def _read_overloaded_keys(node: LegacyNode, told: str, step: dict[str, Any]) -> None:
    """Flat steps have one `type` and one `name`, whether it is the step's or that of what the action makes."""
    if told in _WAIT_FORMS:
        node.action, node.settings["type"] = "wait", told
    needs_name = _NAME_SETTINGS.get(normal(told))
    if needs_name and isinstance(step.get("name"), str) and not needs_name & node.settings.keys():
        node.settings.setdefault("name", step["name"])


def gate(raw: Any, findings: Findings, taken: set[str], engine: str) -> Node | None:
    """Workflow-level conditions as a filter between the trigger and everything else; None where there are none."""
    if raw in (None, [], {}, ""):
        return None
    whole = {"conditions": raw, "operator": "AND"} if isinstance(raw, list) else raw
    result = translate_condition(whole, engine=engine, path=GATE, variables=findings.variables)
    findings.merge(tuple(result.reasons), tuple(result.changes))
    id_ = GATE
    while id_ in taken:
        id_ += "~2"
    if result.condition is None:
        if not result.reasons:
            return None
        findings.keep_inactive()
        return Node(id_, "filter", {"extra": {"legacy_condition": raw}}, name="Conditions")
    return Node(id_, "filter", {"condition": result.condition}, name="Conditions")


def scoring_changes(nodes: list[Node], paths: dict[str, str], findings: Findings) -> list[Node]:
    """What the scoring code did on its own: messages were stubs, tasks were due after a day."""
    changed = []
    for node in nodes:
        if node.type in _STUBS:
            findings.change(
                ReasonCode.ACTION_WAS_STUB, paths.get(node.id),
                "The scoring code reported this message as sent without sending it.", before="not sent", after="sent",
            )  # fmt: skip
        if node.type == "create_task" and not node.parameters.keys() & {"due_in", "due_at"}:
            node = Node(
                node.id, node.type, {**node.parameters, "due_in": _DAY}, name=node.name, enabled=node.enabled
            )
        changed.append(node)
    return changed
