"""Where a row keeps its graph, brought together: columns, workflow_data, wrapped again, encoded again, keyed by id.

Precedence when two places hold different graphs: shape B's builder saves workflow_data, every other shape's the
columns; an outer graph wins over one wrapped inside it. The loser is reported; the original keeps both.
"""

from dataclasses import dataclass
from typing import Any

from atlas_workflows.legacy.findings import Findings
from atlas_workflows.legacy.reasons import ReasonCode
from atlas_workflows.legacy.records import LegacyWorkflow
from atlas_workflows.legacy.source.documents import decode, unwrap

Entry = tuple[str, dict[str, Any]]
# What workflow_data may hold beside a graph; anything else in one without nodes may be a graph of an unknown form.
_BESIDE_A_GRAPH = frozenset(
    {"nodes", "edges", "steps", "actions", "workflowData", "workflow_data", "variables", "tags", "viewport", "settings",
     "version", "name", "description", "category", "metadata", "id", "status", "triggers", "trigger"}
)  # fmt: skip


@dataclass(slots=True)
class RawGraph:
    """Undecided pieces with the paths they came from; `steps` are linear actions instead of nodes.

    `broken` names the first place that holds something no graph can be read from.
    """

    nodes: list[Entry]
    edges: list[Entry]
    steps: list[Entry]
    variables: Any = None
    tags: Any = None
    broken: str | None = None

    def cannot_read(self, path: str, findings: Findings) -> None:
        """Note that something stands at `path` and that it is no graph; whatever else is found, it stays inactive."""
        findings.reason(ReasonCode.GRAPH_UNDECODABLE, path, "No graph can be read from what stands there.")
        findings.keep_inactive()
        self.broken = self.broken or path


@dataclass(slots=True)
class _Place:
    path: str
    nodes: list[Entry]
    edges: list[Entry]


def raw_graph(record: LegacyWorkflow, findings: Findings) -> RawGraph:
    """Everything of the row that draws its graph. Never raises."""
    row = record.columns
    graph = RawGraph([], [], [])
    places: list[_Place] = []
    if "nodes" in row or "edges" in row:
        places.append(_column_place(record, findings, graph))
    if "workflow_data" in row:
        data_places = _data_places(decode(row, "workflow_data", findings), findings, graph)
        places = data_places + places if record.shape == "B" else places + data_places
    if graph.variables is None:
        graph.variables = decode(row, "variables", findings)
    _choose(places, findings, graph)
    return graph


def entries(value: Any, path: str, findings: Findings) -> list[Entry] | None:
    """A list of objects from a list, an object keyed by id, or JSON in a string; None when it is neither."""
    if type(value) is str:
        value = unwrap(value, path, findings)
    if value is None or (type(value) is str and not value.strip()):
        return []
    if type(value) is dict:
        return _keyed_entries(value, path, findings)
    if type(value) is not list:
        return None
    found: list[Entry] = []
    for at, item in enumerate(value):
        place = f"{path}[{at}]"
        entry = (place, item) if type(item) is dict else _entry(item, place, findings)
        if entry is not None:
            found.append(entry)
    return found if found or all(item is None for item in value) else None


def _entry(item: Any, path: str, findings: Findings) -> Entry | None:
    if type(item) is dict:
        return path, item
    if type(item) is str:
        decoded = unwrap(item, path, findings)
        if isinstance(decoded, dict):
            findings.change(
                ReasonCode.SETTINGS_WERE_TEXT, path,
                "JSON inside a text is no object: the old engines found no step or edge there, now it is one.",
                before="nothing", after="as it is written",
            )  # fmt: skip
            return path, decoded
    if item is None:
        findings.reason(ReasonCode.NULL_ENTRY_DROPPED, path, "A null entry was dropped.")
    else:
        findings.reason(ReasonCode.ENTRY_UNREADABLE, path, "The entry is no object.")
    return None


def _keyed_entries(value: dict[str, Any], path: str, findings: Findings) -> list[Entry] | None:
    if not value:
        return []
    if "id" in value or "source" in value or ("type" in value and not isinstance(value["type"], dict)):
        return [(path, value)]
    findings.reason(ReasonCode.GRAPH_REWRAPPED, path, "An object keyed by id stands where a list belongs.")
    found = []
    for key, item in value.items():
        entry = _entry(item, f"{path}.{key}", findings)
        if entry is not None:
            found.append(entry if entry[1].get("id") is not None else (entry[0], {**entry[1], "id": key}))
    return found or None


def _column_place(record: LegacyWorkflow, findings: Findings, graph: RawGraph) -> _Place:
    nodes = _read(decode(record.columns, "nodes", findings), "nodes", findings, graph)
    edges = _read(decode(record.columns, "edges", findings), "edges", findings, graph)
    return _Place("nodes", nodes, edges)


def _read(value: Any, path: str, findings: Findings, graph: RawGraph) -> list[Entry]:
    found = entries(value, path, findings)
    if found is None:
        graph.cannot_read(path, findings)
    return found or []


def _data_places(data: Any, findings: Findings, graph: RawGraph) -> list[_Place]:
    places: list[_Place] = []
    path = "workflow_data"
    for _ in range(4):
        if type(data) is not dict:
            break
        places.append(_data_place(data, path, findings, graph))
        inner = data.get("workflowData", data.get("workflow_data"))
        if inner is None:
            return places
        findings.reason(ReasonCode.GRAPH_REWRAPPED, path, "The graph is wrapped once more in workflowData.")
        path = f"{path}.workflowData"
        data = unwrap(inner, path, findings)
    _steps_or_broken(data, path, findings, graph)
    return places


def _data_place(data: dict[str, Any], path: str, findings: Findings, graph: RawGraph) -> _Place:
    nodes = _read(data.get("nodes"), f"{path}.nodes", findings, graph)
    edges = _read(data.get("edges"), f"{path}.edges", findings, graph)
    if graph.variables is None and data.get("variables"):
        graph.variables = unwrap(data["variables"], f"{path}.variables", findings)
    if graph.tags is None and data.get("tags"):
        graph.tags = data["tags"]
    steps = data.get("steps") or data.get("actions")
    if steps and not nodes:
        graph.steps = _read(
            steps, f"{path}.steps" if data.get("steps") else f"{path}.actions", findings, graph
        )
    if not nodes and not graph.steps and _may_hide_a_graph(data):
        graph.cannot_read(path, findings)
    return _Place(path, nodes, edges)


def _may_hide_a_graph(data: dict[str, Any]) -> bool:
    """Whether something unknown stands there: a list, an object, or nothing that workflow_data is known to hold."""
    unknown = data.keys() - _BESIDE_A_GRAPH
    return (
        any(data[key] and isinstance(data[key], dict | list) for key in unknown)
        or unknown == data.keys() > set()
    )


def _steps_or_broken(data: Any, path: str, findings: Findings, graph: RawGraph) -> None:
    if data is None or (type(data) is str and not data.strip()):
        return
    found = _read(data if type(data) is list else 0, path, findings, graph)
    if any("source" in entry and "target" in entry for _, entry in found):
        graph.edges = [entry for entry in found if "source" in entry[1]]
        graph.nodes = [entry for entry in found if "source" not in entry[1]]
        return
    if found:
        findings.reason(
            ReasonCode.GRAPH_REWRAPPED,
            path,
            "A list of steps stands where a graph belongs; they were chained.",
        )
    graph.steps = found or graph.steps


def _choose(places: list[_Place], findings: Findings, graph: RawGraph) -> None:
    filled = [place for place in places if place.nodes]
    if not filled:
        graph.edges = graph.edges or next((place.edges for place in places if place.edges), [])
        return
    winner = filled[0]
    graph.nodes, graph.edges, graph.steps = winner.nodes, winner.edges, []
    for other in filled[1:]:
        if _disagree(other, winner):
            findings.reason(
                ReasonCode.GRAPHS_DISAGREE,
                other.path,
                f"{len(other.nodes)} nodes here, {len(winner.nodes)} in {winner.path}, which was used.",
            )
    if not winner.edges:
        _borrow_edges(places, winner, graph)


def _disagree(one: _Place, other: _Place) -> bool:
    if _bare(one.nodes) != _bare(other.nodes):
        return True
    return bool(one.edges and other.edges) and _bare(one.edges) != _bare(other.edges)


def _borrow_edges(places: list[_Place], winner: _Place, graph: RawGraph) -> None:
    ids = [node.get("id") for _, node in winner.nodes if isinstance(node.get("id"), str)]
    for place in places:
        if place.edges and all(
            edge.get("source") in ids and edge.get("target") in ids for _, edge in place.edges
        ):
            graph.edges = place.edges
            return


def _bare(found: list[Entry]) -> list[dict[str, Any]]:
    return [entry for _, entry in found]
