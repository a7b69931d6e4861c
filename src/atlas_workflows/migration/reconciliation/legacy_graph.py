"""Finds nodes and edges in whatever a legacy row holds, by looking only at the JSON: no names of types, no aliases."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from atlas_workflows.errors import InvalidJson
from atlas_workflows.exact_json import loads

MAX_DECODINGS = 5
LONGEST_ID = 190
COLUMNS = ("nodes", "edges", "workflow_data", "actions")
# Keys of workflow_data that stand beside a graph; a list or an object under any other may be one nobody can read.
BESIDE = frozenset(
    {"nodes", "edges", "steps", "actions", "workflowData", "workflow_data", "variables", "tags", "viewport", "settings",
     "version", "name", "description", "category", "metadata", "id", "status", "triggers", "trigger"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LegacyGraph:
    """Nodes and edges as found (dicts only); `steps` are the actions of shapes that know no graph."""

    nodes: tuple[Mapping[str, Any], ...] = ()
    edges: tuple[Mapping[str, Any], ...] = ()
    steps: tuple[Mapping[str, Any], ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.nodes or self.steps)

    @property
    def node_ids(self) -> list[str]:
        return [name for node in self.nodes if (name := arrived_id(node.get("id")))]

    def with_ids(self, changed: Mapping[str, str]) -> "LegacyGraph":
        """The graph with these ids of nodes under other names."""
        if not changed:
            return self
        nodes = tuple(_renamed(node, ("id",), changed) for node in self.nodes)
        edges = tuple(_renamed(edge, ("source", "target"), changed) for edge in self.edges)
        return replace(self, nodes=nodes, edges=edges)

    @property
    def joined(self) -> set[tuple[str, str]]:
        """Pairs of different existing nodes that an edge joins."""
        ids = set(self.node_ids)
        pairs = {(arrived_id(edge.get("source")), arrived_id(edge.get("target"))) for edge in self.edges}
        return {
            (source, target)
            for source, target in pairs
            if source in ids and target in ids and source != target
        }


def arrived_id(value: Any) -> str:
    """An id as it must arrive: as it stands, a number as its digits, a very long one cut and told apart by its hash."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return ""
    text = str(value)
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    return text if len(text) <= LONGEST_ID else f"{text[:150]}~{digest[:12]}"


def _renamed(part: Mapping[str, Any], keys: tuple[str, ...], changed: Mapping[str, str]) -> Mapping[str, Any]:
    return {**part, **{key: changed.get(arrived_id(part.get(key)), part.get(key)) for key in keys}}


def graphs_of(columns: Mapping[str, str | None]) -> list[LegacyGraph]:
    """Every non-empty graph the row holds: in its own columns, in workflow_data, in what that wraps; linear actions."""
    read = {name: _decoded(columns.get(name)) for name in COLUMNS}
    candidates = [
        LegacyGraph(nodes=_members(read["nodes"]), edges=_members(read["edges"])),
        *_wrapped(read["workflow_data"]),
        LegacyGraph(steps=_members(read["actions"])),
    ]
    return [graph for graph in candidates if not graph.is_empty]


def unread(columns: Mapping[str, str | None]) -> Iterator[str]:
    """Columns that hold something out of which nothing of a graph can be read. "No graph" is not "nothing there"."""
    for name in COLUMNS:
        value = _decoded(columns.get(name))
        if name == "workflow_data" and isinstance(value, Mapping):
            if _hides_something(value):
                yield name
        elif not _is_nothing(value) and not _members(value):
            yield name


def _is_nothing(value: Any) -> bool:
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, list):
        return all(item is None for item in value)
    return value is None or value == {}


def _hides_something(data: Mapping[str, Any], depth: int = 0) -> bool:
    parts = [decoded(data.get(name)) for name in ("nodes", "edges", "steps", "actions")]
    if any(not _is_nothing(part) and not _members(part) for part in parts):
        return True
    inner = decoded(data.get("workflowData", data.get("workflow_data")))
    if isinstance(inner, Mapping) and depth < MAX_DECODINGS:
        return _hides_something(inner, depth + 1)
    if not _is_nothing(inner):
        return not _members(inner)
    if any(_members(part) for part in (parts[0], *parts[2:])):
        return False
    unknown = data.keys() - BESIDE
    return any(data[key] and isinstance(data[key], Mapping | list) for key in unknown) or (
        bool(unknown) and unknown == data.keys()
    )


def leaves(value: Any) -> list[Any]:
    """Every scalar below `value`, which is as JSON is read: objects are dicts."""
    found: list[Any] = []
    _gather(value, found)
    return found


def _gather(value: Any, found: list[Any]) -> None:
    # One list for all: a generator in a generator hands each leaf on at every level, and this is asked of every workflow whole.
    if isinstance(value, dict):
        for item in value.values():
            _gather(item, found)
    elif isinstance(value, list | tuple):
        for item in value:
            _gather(item, found)
    else:
        found.append(value)


def _wrapped(data: Any) -> Iterator[LegacyGraph]:
    if isinstance(data, list):
        yield LegacyGraph(steps=_members(data))
        return
    if not isinstance(data, Mapping):
        return
    nodes, edges = (_members(decoded(data.get(name))) for name in ("nodes", "edges"))
    steps = () if nodes else _members(decoded(data.get("steps") or data.get("actions")))
    yield LegacyGraph(nodes, edges, steps)
    yield from _wrapped(decoded(data.get("workflowData", data.get("workflow_data"))))


def _members(value: Any) -> tuple[Mapping[str, Any], ...]:
    if isinstance(value, Mapping):
        if "id" in value or "source" in value or not isinstance(value.get("type", {}), Mapping):
            return (value,)  # one node or edge without a list around it
        opened = [(key, decoded(item)) for key, item in value.items()]
        # An object keyed by id: the key is the id where the node itself names none.
        return tuple({"id": key, **item} for key, item in opened if isinstance(item, Mapping))
    found = [decoded(item) for item in value] if isinstance(value, list) else []
    return tuple(item for item in found if isinstance(item, Mapping))


def _decoded(text: str | None) -> Any:
    return None if text is None else decoded(text)


def decoded(value: Any) -> Any:
    """The value with every layer of JSON in a text taken off; a text that is no JSON is returned as it is."""
    for _ in range(MAX_DECODINGS):
        if not isinstance(value, str):
            return value
        try:
            value = loads(value)
        except InvalidJson:
            return value
    return value
