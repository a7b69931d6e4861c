"""A workflow as the old engines saw it: nodes, edges and settings read from the old row, nothing normalised away."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from typing import Any

from atlas_workflows.legacy.findings import Findings
from atlas_workflows.legacy.graph.raw import Entry, RawGraph, entries, raw_graph
from atlas_workflows.legacy.records import LegacyWorkflow
from atlas_workflows.legacy.source.documents import decode
from atlas_workflows.names import normal

TRIGGERS = frozenset({"trigger", "ai_trigger"})
# What a node's data says about the node; the rest of it are settings of the first generation.
_ABOUT = frozenset(
    {"label", "icon", "description", "actionType", "action_type", "subtype", "config", "isValid", "inputs", "outputs",
     "error", "nodeType", "disabled", "enabled"}
)  # fmt: skip
_ABOUT_STEP = frozenset({"id", "type", "action", "actionType", "action_type", "config", "name", "label"})
_TYPE_KEYS = ("type", "actionType", "action_type", "action")


@dataclass(frozen=True, slots=True)
class OldNode:
    """One node. `is_flat`: of the first generation, dispatched by its label. `place` is its path in the row."""

    id: str
    type: str
    action: str
    label: str
    settings: Mapping[str, Any]
    is_flat: bool
    place: str

    @property
    def is_trigger(self) -> bool:
        return self.type in TRIGGERS

    @property
    def word(self) -> str:
        """The word by which it was dispatched."""
        if self.is_flat and self.type in ("action", ""):
            return normal(self.label)
        return normal(self.action or self.type)


@dataclass(frozen=True, slots=True)
class OldEdge:
    """`branch`: the source handle, else the branch in its data."""

    source: str
    target: str
    branch: str = ""
    condition: Any = None
    place: str = ""


@dataclass(frozen=True)
class OldWorkflow:
    """`gate`: conditions of the whole workflow. `goes_on`: whether a failed step let the others go on."""

    id: str
    shape: str
    nodes: tuple[OldNode, ...]
    edges: tuple[OldEdge, ...]
    column: str | None = None
    is_linear: bool = False
    gate: Any = None
    goes_on: bool = False
    variables: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def by_id(self) -> Mapping[str, OldNode]:
        """The first node of every id: a pasted copy was never found."""
        return {node.id: node for node in reversed(self.nodes)}

    @cached_property
    def leaving(self) -> Mapping[str, tuple[OldEdge, ...]]:
        """Edges by the node they leave, in the order in which they were stored."""
        found: dict[str, list[OldEdge]] = {}
        for edge in self.edges:
            if edge.target in self.by_id:
                found.setdefault(edge.source, []).append(edge)
        return {source: tuple(edges) for source, edges in found.items()}

    @cached_property
    def start(self) -> OldNode | None:
        """Where executors began: the first trigger node, of linear workflows the first step."""
        heads = [node for node in self.nodes if node.is_trigger]
        if heads:
            return heads[0]
        return self.nodes[0] if self.is_linear and self.nodes else None


def read_workflow(record: LegacyWorkflow) -> OldWorkflow:
    """The row as an old engine would load it. Never raises: what cannot be read is not there."""
    findings = Findings(record.table, record.id)
    raw = raw_graph(record, findings)
    settings = decode(record.columns, "settings", findings)
    settings = settings if isinstance(settings, dict) else {}
    steps = raw.steps or _actions(record, findings)
    is_linear = not raw.nodes and bool(steps)
    nodes = [_step(at, *entry) for at, entry in enumerate(steps)] if is_linear else _nodes(raw)
    return OldWorkflow(
        id=record.id,
        shape=record.shape,
        nodes=tuple(nodes),
        edges=tuple(_chain(nodes) if is_linear else _edges(raw)),
        column=record.columns.get("trigger_type"),
        is_linear=is_linear,
        gate=decode(record.columns, "conditions", findings)
        if "conditions" in record.columns
        else settings.get("conditions"),
        goes_on=normal(str(settings.get("errorHandling") or "stop")) in ("continue", "continue_on_error")
        or record.shape == "S",
        variables=dict(_variables(raw.variables)),
    )


def text_id(value: Any) -> str:
    """An id as engines compared it."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return ""
    return str(value)


def _actions(record: LegacyWorkflow, findings: Findings) -> list[Entry]:
    return entries(decode(record.columns, "actions", findings), "actions", findings) or []


def _nodes(raw: RawGraph) -> list[OldNode]:
    return [_node(place, entry) for place, entry in raw.nodes]


def _node(place: str, entry: Mapping[str, Any]) -> OldNode:
    data = entry.get("data")
    data = data if isinstance(data, dict) else {}
    config = data.get("config")
    config = config if isinstance(config, dict) else {}
    action = _first_text(data, "actionType", "action_type") or _first_text(config, "actionType")
    flat = {key: value for key, value in data.items() if key not in _ABOUT}
    return OldNode(
        id=text_id(entry.get("id")),
        type=normal(_first_text(entry, "type") or _first_text(data, "nodeType")),
        action=action,
        label=_first_text(data, "label") or _first_text(config, "label"),
        settings={**flat, **config},
        is_flat=not config and not action,
        place=place,
    )


def _step(at: int, place: str, entry: Mapping[str, Any]) -> OldNode:
    told = next((entry[key] for key in _TYPE_KEYS if isinstance(entry.get(key), str)), "")
    flat = {key: value for key, value in entry.items() if key not in _ABOUT_STEP}
    inner: Mapping[str, Any] = next(
        (entry[key] for key in ("config", "settings", "params") if isinstance(entry.get(key), dict)), {}
    )
    is_trigger = told in TRIGGERS
    return OldNode(
        id=text_id(entry.get("id")) or f"step-{at + 1}",
        type=told if is_trigger else "action",
        action="" if is_trigger else told,
        label=_first_text(entry, "name", "label"),
        settings={**flat, **inner},
        is_flat=False,
        place=place,
    )


def _chain(nodes: list[OldNode]) -> Iterator[OldEdge]:
    return (OldEdge(one.id, other.id) for one, other in pairwise(nodes))


def _edges(raw: RawGraph) -> Iterator[OldEdge]:
    for place, entry in raw.edges:
        data = entry.get("data")
        data = data if isinstance(data, dict) else {}
        branch = _branch(entry.get("sourceHandle")) or _branch(data.get("branch"))
        condition = data.get("condition", entry.get("condition"))
        yield OldEdge(text_id(entry.get("source")), text_id(entry.get("target")), branch, condition, place)


def _branch(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value in (None, "null") or not isinstance(value, str | int) else str(value).strip()


def _variables(raw: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(raw, dict):
        # Of an array read back as an object the engine saw variables called "0", "1", …
        yield from raw.items()
    elif isinstance(raw, list):
        for item in raw:
            if isinstance(item, dict) and isinstance(item.get("name"), str):
                yield item["name"], next((item[key] for key in _VALUES if item.get(key) is not None), None)


_VALUES = ("value", "defaultValue", "default_value")


def _first_text(holder: Mapping[str, Any], *names: str) -> str:
    return next(
        (holder[name] for name in names if isinstance(holder.get(name), str) and holder[name].strip()), ""
    )
