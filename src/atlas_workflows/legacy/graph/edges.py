"""Legacy edges to edges between ports: dirt sorted out, handles named, conditions on edges made into filters."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from atlas_workflows.graph.model import ERROR_PORT, MAIN_PORT, Edge, Node
from atlas_workflows.legacy.conditions.forms import translate_condition
from atlas_workflows.legacy.findings import Findings
from atlas_workflows.legacy.graph.ports import EITHER, is_error, port_of
from atlas_workflows.legacy.graph.raw import Entry
from atlas_workflows.legacy.graph.stored import LegacyNode, id_text
from atlas_workflows.legacy.reasons import ReasonCode
from atlas_workflows.names import normal


@dataclass(slots=True)
class LegacyEdge:
    """An edge as drawn: `handle` is the source handle or, without one, the branch in its data."""

    path: str
    id: str
    source: str
    target: str
    handle: str
    condition: Any = None


def legacy_edges(
    found: list[Entry], ids: set[str], triggers: set[str], findings: Findings
) -> list[LegacyEdge]:
    """The edges that lead from a node to another node; the others are reported and left out."""
    edges = []
    for path, entry in found:
        edge = _edge(path, entry, findings)
        if edge.source not in ids or edge.target not in ids:
            missing = edge.source if edge.source not in ids else edge.target
            findings.reason(ReasonCode.EDGE_DANGLING, path, f"There is no node {missing[:80]!r}.")
        elif edge.source == edge.target:
            findings.reason(ReasonCode.EDGE_SELF_LOOP, path, f"The edge leads from {edge.source} to itself.")
            _note_round(edge, "step", findings)
        elif edge.target in triggers:
            findings.reason(
                ReasonCode.EDGE_INTO_TRIGGER, path, f"The edge leads into the trigger {edge.target}."
            )
            _note_round(edge, "workflow", findings)
        else:
            edges.append(edge)
    return edges


def _note_round(edge: LegacyEdge, what: str, findings: Findings) -> None:
    findings.change(
        ReasonCode.CYCLE_BROKEN, edge.path,
        f"The edge from {edge.source[:80]} led back: one old engine executed the {what} again and again, the others once.",
        before="once, or without end", after="once",
    )  # fmt: skip


def _edge(path: str, entry: dict[str, Any], findings: Findings) -> LegacyEdge:
    data = entry.get("data")
    handle, branch, condition = _handle(entry.get("sourceHandle")), "", entry.get("condition")
    if type(data) is dict:
        branch, condition = _handle(data.get("branch")), data.get("condition", condition)
    if handle and branch and handle != branch:
        findings.reason(
            ReasonCode.ALIASES_DISAGREE,
            path,
            f"Handle {handle!r} and branch {branch!r} differ; the handle counts.",
        )
    return LegacyEdge(
        path,
        id_text(entry.get("id")),
        id_text(entry.get("source")),
        id_text(entry.get("target")),
        handle or branch,
        condition,
    )


def _handle(value: Any) -> str:
    if value is None:
        return ""
    if type(value) is str:
        return "" if value == "null" else value.strip()[:100]
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else ""


def around_notes(edges: list[LegacyEdge], notes: set[str], findings: Findings) -> list[LegacyEdge]:
    """Notes stand for nothing: what led into one leads to whatever followed it."""
    for note in sorted(notes):
        entering = [edge for edge in edges if edge.target == note]
        leaving = [edge for edge in edges if edge.source == note]
        if not entering and not leaving:
            continue
        edges = [edge for edge in edges if note not in (edge.source, edge.target)]
        for first in entering:
            for then in leaving:
                if first.source != then.target and not is_error(then.handle):
                    edges.append(
                        LegacyEdge(
                            first.path,
                            first.id,
                            first.source,
                            then.target,
                            first.handle,
                            first.condition or then.condition,
                        )
                    )
        path = (entering or leaving)[0].path
        findings.reason(ReasonCode.NOTE_BYPASSED, path, f"Edges led through the note {note}.")
    return edges


class EdgeWriter:
    """Writes edges for one workflow: every id once, no edge twice."""

    def __init__(self, nodes: Iterable[Node], findings: Findings) -> None:
        self.nodes: Mapping[str, Node] = {node.id: node for node in nodes}
        self.findings = findings
        self.edges: list[Edge] = []
        self.filters: list[Node] = []
        self._seen: set[tuple[str, str, str]] = set()
        self._ids: set[str] = set()

    def write(self, edge: LegacyEdge) -> None:
        """Translate one edge, possibly into two (both outcomes) or into one with a filter between."""
        source = self.nodes.get(edge.source)
        if source is not None and source.type == "end":
            self.findings.reason(ReasonCode.EDGE_AFTER_END, edge.path, f"{edge.source} ends the execution.")
            return
        ports = self._ports(edge)
        target = edge.target
        if edge.condition is not None and edge.condition not in ("", {}, []):
            ports, target = self._conditional(edge, ports)
        for port in ports:
            self.add(edge.id, edge.source, port, target, edge.path)

    def add(self, id_: str, source: str, port: str, target: str, path: str | None) -> None:
        """Add an edge unless the same one is there."""
        key = (source, port, target)
        if key in self._seen:
            self.findings.reason(ReasonCode.EDGE_DUPLICATE, path, f"{source} → {target} is stored twice.")
            if path is not None:
                self._note_twice(target, path)
            return
        self._seen.add(key)
        if not id_ or id_ in self._ids:
            assigned = self._free_id(source, port, target)
            if path is not None and not (id_ and port == "false"):
                self.findings.reason(ReasonCode.EDGE_ID_ASSIGNED, path, f"The edge is now {assigned}.")
            id_ = assigned
        self._ids.add(id_)
        self.edges.append(Edge(id_, source, target, port))

    def _note_asked(self, edge: LegacyEdge, when: str) -> None:
        self.findings.change(
            ReasonCode.EDGE_CONDITION_KEPT, edge.path,
            "The old engines, or all but one of them, followed the edge without asking for what stands on it.",
            before="followed always, or " + when, after=f"followed {when}",
        )  # fmt: skip

    def _note_twice(self, target: str, path: str) -> None:
        self.findings.change(
            ReasonCode.EXECUTED_PER_WAY, path,
            f"The edge to {target[:80]} is stored twice: one old engine took it twice, the others once.",
            before="once, or for each edge", after="once",
        )  # fmt: skip

    def _free_id(self, source: str, port: str, target: str) -> str:
        stem = f"{source[:60]}-{port[:20]}-{target[:60]}"
        candidate, count = stem, 2
        while candidate in self._ids:
            candidate, count = f"{stem}~{count}", count + 1
        return candidate

    def _ports(self, edge: LegacyEdge) -> tuple[str, ...]:
        node = self.nodes.get(edge.source)
        if node is None:
            return (MAIN_PORT,)
        port = port_of(node.type, edge.handle, node.parameters)
        if port == EITHER:
            self.findings.change(
                ReasonCode.BRANCHLESS_EDGE, edge.path,
                f"The edge from condition {node.name[:80] or node.id} names no outcome; one engine followed it on both.",
                before="followed on both outcomes, or never", after="followed on both outcomes",
            )  # fmt: skip
            return ("true", "false")
        return (port,) if port is not None else (self._unclear(node, edge),)

    def _unclear(self, node: Node, edge: LegacyEdge) -> str:
        said = f"by {edge.handle!r}" if edge.handle else "without a handle"
        self.findings.reason(
            ReasonCode.EDGE_PORT_UNKNOWN, edge.path, f"The edge leaves {node.type} {node.id} {said}."
        )
        if node.type == "parallel":
            taken = {e.source_port for e in self.edges if e.source == node.id}
            return next(f"branch-{at}" for at in range(len(taken) + 1) if f"branch-{at}" not in taken)
        if node.type == "loop":
            return (
                "done" if any(e.source == node.id and e.source_port == "body" for e in self.edges) else "body"
            )
        return edge.handle or MAIN_PORT

    def _conditional(self, edge: LegacyEdge, ports: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
        told = edge.condition.get("type") if isinstance(edge.condition, dict) else edge.condition
        word = normal(told) if isinstance(told, str) else ""
        if word in ("success", "always", "true", "false", "yes", "no", "default"):
            return ports, edge.target
        if word in ("error", "failure"):
            self._note_asked(edge, "after an error only")
            return (ERROR_PORT,), edge.target
        result = translate_condition(
            _as_leaf(edge.condition),
            engine="queue",
            path=f"{edge.path}.condition",
            variables=self.findings.variables,
        )
        self.findings.merge(tuple(result.reasons), tuple(result.changes))
        filter_id = f"{(edge.id or self._free_id(edge.source, ports[0], edge.target))[:150]}~filter"
        parameters = (
            {"condition": result.condition} if result.condition else {"extra": {"condition": edge.condition}}
        )
        self.filters.append(Node(filter_id, "filter", parameters, name="Condition of the edge"))
        self.findings.reason(
            ReasonCode.EDGE_CONDITION_KEPT, edge.path, f"The edge's condition is now node {filter_id}."
        )
        self._note_asked(edge, "where it holds")
        self.add("", filter_id, MAIN_PORT, edge.target, None)
        return ports, filter_id


def _as_leaf(condition: Any) -> Any:
    """The queue engine kept the operator of an edge's condition under `type`."""
    if isinstance(condition, dict) and "operator" not in condition and isinstance(condition.get("type"), str):
        return {
            **{key: value for key, value in condition.items() if key != "type"},
            "operator": condition["type"],
        }
    return condition


def note_both_branches(nodes: Iterable[LegacyNode], edges: Iterable[Edge], findings: Findings) -> None:
    """The label engine evaluated a condition and then executed both of its branches."""
    flat = {node.id: node for node in nodes if node.engine == "label"}
    if not flat:
        return
    taken: dict[str, set[str]] = {}
    for edge in edges:
        if edge.source in flat and edge.source_port in ("true", "false"):
            taken.setdefault(edge.source, set()).add(edge.source_port)
    for id_, ports in taken.items():
        drawn = "both branches" if len(ports) == 2 else "the one branch drawn"
        findings.change(
            ReasonCode.BOTH_BRANCHES_EXECUTED, flat[id_].path,
            f"The engine that executed it went into {drawn} of {flat[id_].label[:80] or id_}, whatever it answered.",
            before=drawn, after="the branch that it answers",
        )  # fmt: skip


def note_cases(nodes: Iterable[Node], edges: Iterable[Edge], findings: Findings) -> None:
    """Where a switch chose a case without an edge, the old engines followed the default edge."""
    switches = {node.id: node for node in nodes if node.type == "switch"}
    if not switches:
        return
    taken = {(edge.source, edge.source_port) for edge in edges}
    for node in switches.values():
        ports = [case["port"] for case in node.parameters.get("cases") or () if "port" in case]
        open_ = [port for port in ports if (node.id, port) not in taken]
        if open_ and (node.id, "default") in taken:
            findings.change(
                ReasonCode.CASE_WITHOUT_WAY, f"nodes.{node.id}",
                f"No edge leaves {', '.join(open_)[:200]}: the old engines took the default then.",
                before="the default way", after="ends there",
            )  # fmt: skip


def note_ends(nodes: Iterable[Node], edges: Iterable[Edge], findings: Findings) -> None:
    """An end stopped the way that came to it; where ways run side by side it now stops the others as well."""
    ends = [node for node in nodes if node.type == "end"]
    if not ends:
        return
    ways = Counter((edge.source, edge.source_port) for edge in edges)
    forks = {node.id for node in nodes if node.type == "parallel"}
    if forks or max(ways.values(), default=0) > 1:
        for node in ends:
            findings.change(
                ReasonCode.END_ENDS_ALL, f"nodes.{node.id}",
                f"{node.name[:80] or node.id[:80]} stopped its own way only.",
                before="the other ways went on", after="ends the execution",
            )  # fmt: skip


def find_cycle(edges: list[Edge], loops: set[str]) -> tuple[str, ...]:
    """Nodes on a cycle that no loop node closes; empty when there is none."""
    if not _stuck(edges):
        return ()
    return tuple(sorted(_stuck([edge for edge in edges if edge.target not in loops])))


def _stuck(edges: list[Edge]) -> set[str]:
    incoming: dict[str, int] = {}
    leaving: dict[str, list[str]] = {}
    for edge in edges:
        incoming[edge.target] = incoming.get(edge.target, 0) + 1
        incoming.setdefault(edge.source, 0)
        leaving.setdefault(edge.source, []).append(edge.target)
    free = [id_ for id_, count in incoming.items() if not count]
    while free:
        for target in leaving.get(free.pop(), ()):
            incoming[target] -= 1
            if not incoming[target]:
                free.append(target)
    return {id_ for id_, count in incoming.items() if count}
