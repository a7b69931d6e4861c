"""The graph of one legacy workflow in the workflow format: triggers, nodes and edges put together."""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from atlas_workflows.graph.model import MAIN_PORT, Edge, Node, Settings, Trigger
from atlas_workflows.legacy.evidence.seen import Evidence, evidence_from
from atlas_workflows.legacy.evidence.verdicts import Judged, judge
from atlas_workflows.legacy.findings import Findings
from atlas_workflows.legacy.graph.edges import (
    EdgeWriter,
    LegacyEdge,
    around_notes,
    find_cycle,
    legacy_edges,
    note_both_branches,
    note_cases,
    note_ends,
)
from atlas_workflows.legacy.graph.kept import keep_as_written
from atlas_workflows.legacy.graph.linear import gate, scoring_changes, step_nodes
from atlas_workflows.legacy.graph.logic import NodeContext
from atlas_workflows.legacy.graph.nested import note_steps_in_extra, unfold
from atlas_workflows.legacy.graph.nodes import is_note, translate_node
from atlas_workflows.legacy.graph.raw import RawGraph, entries
from atlas_workflows.legacy.graph.stored import LegacyNode, legacy_nodes
from atlas_workflows.legacy.reasons import ReasonCode
from atlas_workflows.legacy.records import LegacyWorkflow, TriggerLink
from atlas_workflows.legacy.source.documents import decode
from atlas_workflows.legacy.triggers.doors import COLUMN, SCHEDULE, WEBHOOK
from atlas_workflows.legacy.triggers.identity import Slot, find_slots
from atlas_workflows.legacy.triggers.rows import (
    link_of,
    settings_of,
    translate_slot,
    with_ids_of_their_own,
)


@dataclass(slots=True)
class Assembled:
    """What the format needs, and what goes beside it."""

    nodes: list[Node]
    edges: list[Edge]
    triggers: list[Trigger]
    links: list[TriggerLink]
    drawn: list[LegacyNode]
    slots: list[Slot]
    judged: list[Judged | None]
    evidence: Evidence | None
    disabled: dict[str, str]  # id -> path of the nodes that were switched off where nobody looked


def assemble(
    record: LegacyWorkflow, raw: RawGraph, settings: Settings, gates: object, findings: Findings
) -> Assembled:
    """Put the pieces of `raw` and the row's columns together. `gates`: workflow-level conditions, as stored."""
    drawn, found_edges = _drawn(record, raw, findings)
    heads = [node for node in drawn if node.is_trigger]
    slots = find_slots(record, heads, findings, is_drawn=bool(heads) or not raw.nodes)
    keys = _trigger_keys(slots, drawn)
    trigger_ids = {node.id for node in drawn if node.is_trigger}
    edges = legacy_edges(found_edges, {node.id for node in drawn}, trigger_ids, findings)
    if raw.steps or not raw.nodes:
        edges += _chain(drawn, trigger_ids)
    elif not found_edges and len(drawn) > 1:
        findings.reason(ReasonCode.EDGES_MISSING, "edges", f"{len(drawn)} nodes without a single edge.")
    edges = unfold(drawn, edges, findings)
    if notes := {node.id for node in drawn if is_note(node)}:
        edges = around_notes(edges, notes, findings)
    nodes = _nodes(record, drawn, edges, settings, findings)
    note_steps_in_extra(nodes, findings)
    evidence = None if record.evidence is None else evidence_from(record.evidence)
    # Templates and earlier versions never started anything; what they hold is only a copy.
    column = record.columns.get(COLUMN)
    judged = [judge(slot, evidence, column) if record.holder is None else None for slot in slots]
    triggers = [
        _trigger(slot, key, verdict, settings, findings)
        for slot, key, verdict in zip(slots, keys, judged, strict=True)
    ]
    links = [
        link_of(slot, trigger.id, record, trigger.parameters)
        for slot, trigger in zip(slots, triggers, strict=True)
    ]
    switched_off = {node.id for node in nodes if not node.enabled}
    writer = EdgeWriter(nodes, findings)
    for edge in edges:
        writer.write(edge)
    nodes += writer.filters
    _connect_undrawn(slots, keys, drawn, writer, findings)
    engine = (drawn[0].engine if drawn else None) or "service"
    written = _through_gate(gates, nodes, writer.edges, set(keys), findings, engine)
    note_both_branches(drawn, written, findings)
    note_cases(nodes, written, findings)
    note_ends(nodes, written, findings)
    _note_cycle(nodes, written, findings)
    reached = _reached(written, keys)
    nodes = _without_unreached(nodes, reached, keys, findings)
    return Assembled(
        nodes, written, triggers, with_ids_of_their_own(links, record), drawn, slots, judged, evidence,
        {node.id: node.path for node in drawn if node.id in switched_off & reached},
    )  # fmt: skip


def stored_schedules(record: LegacyWorkflow, raw: RawGraph) -> dict[str, dict[str, Any]]:
    """The settings of each schedule trigger as the row and its side rows hold them, by the trigger's key here.

    The zone is the stored one, the default of its column included: what the old application would have gone by.
    """
    findings = Findings(record.table, record.id)
    drawn, _ = _drawn(record, raw, findings)
    heads = [node for node in drawn if node.is_trigger]
    slots = find_slots(record, heads, findings, is_drawn=bool(heads) or not raw.nodes)
    return {
        key: settings_of(slot, findings, is_as_stored=True)
        for slot, key in zip(slots, _trigger_keys(slots, drawn), strict=True)
        if slot.canonical == SCHEDULE
    }


def _drawn(
    record: LegacyWorkflow, raw: RawGraph, findings: Findings
) -> tuple[list[LegacyNode], list[tuple[str, dict[str, object]]]]:
    if raw.nodes:
        nodes = legacy_nodes(raw.nodes, findings)
        if record.columns.get("trigger_type") == WEBHOOK:
            for node in nodes:
                node.engine = "label"  # deliveries went to it, whatever form the nodes have
        return nodes, raw.edges
    if not raw.steps and "actions" in record.columns:
        found = entries(decode(record.columns, "actions", findings), "actions", findings)
        if found is None:
            raw.cannot_read("actions", findings)
        raw.steps = found or []
    return step_nodes(raw.steps), []


def _chain(drawn: list[LegacyNode], triggers: set[str]) -> list[LegacyEdge]:
    """Edges of a linear workflow: every trigger step to the first other one, and on from there."""
    steps = [node for node in drawn if node.id not in triggers]
    heads = [node for node in drawn if node.id in triggers]
    pairs = [(head, steps[0]) for head in heads if steps] + list(pairwise(steps))
    return [
        LegacyEdge(one.path, f"{one.id[:80]}-{other.id[:80]}", one.id, other.id, "") for one, other in pairs
    ]


def _nodes(
    record: LegacyWorkflow,
    drawn: list[LegacyNode],
    edges: list[LegacyEdge],
    settings: Settings,
    findings: Findings,
) -> list[Node]:
    handles: dict[str, list[str]] = {}
    for edge in edges:
        handles.setdefault(edge.source, []).append(edge.handle)
    around = NodeContext(settings.timezone, handles, settings.error_mode)
    nodes = [_node(node, findings, around) for node in drawn if not node.is_trigger]
    if record.shape == "S":
        return scoring_changes(nodes, {node.id: node.path for node in drawn}, findings)
    return nodes


def _node(node: LegacyNode, findings: Findings, around: NodeContext) -> Node:
    made = translate_node(node, findings, around)
    kept = keep_as_written(node, made, findings)
    return made if kept is None else replace(made, parameters=kept)


def _trigger(slot: Slot, key: str, judged: Judged | None, settings: Settings, findings: Findings) -> Trigger:
    made = translate_slot(slot, key, judged, findings, settings.timezone)
    kept = None if slot.node is None else keep_as_written(slot.node, made, findings)
    return made if kept is None else replace(made, parameters=kept)


def _trigger_keys(slots: list[Slot], drawn: list[LegacyNode]) -> list[str]:
    taken = {node.id for node in drawn}
    keys = []
    for slot in slots:
        key = slot.node.id if slot.node is not None else "trigger"
        count = 2
        while slot.node is None and key in taken:
            key, count = f"trigger-{count}", count + 1
        taken.add(key)
        keys.append(key)
    return keys


def _connect_undrawn(
    slots: list[Slot], keys: list[str], drawn: list[LegacyNode], writer: EdgeWriter, findings: Findings
) -> None:
    """A trigger that was never drawn starts what the drawn ones start, else what nothing leads to."""
    undrawn = [key for slot, key in zip(slots, keys, strict=True) if slot.node is None]
    if not undrawn:
        return
    shown = {node.id for node in drawn if node.is_trigger}
    targets = list(dict.fromkeys(edge.target for edge in writer.edges if edge.source in shown))
    if not targets:
        reached = {edge.target for edge in writer.edges}
        targets = [
            node.id for node in drawn if node.id not in reached and not node.is_trigger and not is_note(node)
        ]
        if drawn and drawn[0].engine != "service":
            findings.reason(
                ReasonCode.TRIGGER_EDGES_ADDED, None, f"The trigger now leads to {len(targets)} first nodes."
            )
    for key in undrawn:
        for target in targets:
            writer.add("", key, MAIN_PORT, target, None)


def _through_gate(
    gates: object, nodes: list[Node], edges: list[Edge], triggers: set[str], findings: Findings, engine: str
) -> list[Edge]:
    if gates in (None, [], {}, ""):
        return edges
    node = gate(gates, findings, {node.id for node in nodes} | triggers, engine)
    if node is None:
        return edges
    nodes.append(node)
    first = list(dict.fromkeys(edge.target for edge in edges if edge.source in triggers))
    kept = [edge for edge in edges if edge.source not in triggers]
    kept += [Edge(f"{key[:80]}-{node.id}", key, node.id) for key in sorted(triggers)]
    return kept + [Edge(f"{node.id}-{target[:80]}", node.id, target) for target in first]


def _reached(edges: list[Edge], triggers: list[str]) -> set[str]:
    """The triggers and every node that some path leads to from one of them."""
    leaving: dict[str, list[str]] = {}
    for edge in edges:
        leaving.setdefault(edge.source, []).append(edge.target)
    reached, waiting = set(triggers), list(triggers)
    while waiting:
        for target in leaving.get(waiting.pop(), ()):
            if target not in reached:
                reached.add(target)
                waiting.append(target)
    return reached


def _without_unreached(
    nodes: list[Node], reached: set[str], triggers: list[str], findings: Findings
) -> list[Node]:
    """Nodes nothing leads to were never executed; switched off they stay that way, and the workflow stays valid."""
    if not triggers or not nodes:
        return nodes
    if len(reached) == len(triggers):
        findings.keep_inactive()
    left = [node for node in nodes if node.id not in reached and node.type != "note"]
    if not left:
        return nodes
    shown = ", ".join(node.id[:40] for node in left[:6])
    findings.reason(ReasonCode.NODE_UNREACHABLE, "nodes", f"No path leads to {len(left)} nodes: {shown}.")
    off = {node.id for node in left}
    return [replace(node, enabled=False) if node.id in off else node for node in nodes]


def _note_cycle(nodes: list[Node], edges: list[Edge], findings: Findings) -> None:
    # Most graphs list their nodes in the order in which they are executed; then there is nothing to search.
    place = {node.id: number for number, node in enumerate(nodes)}
    if all(place.get(edge.source, -1) < place.get(edge.target, -1) for edge in edges):
        return
    cycle = find_cycle(edges, {node.id for node in nodes if node.type == "loop"})
    if cycle:
        shown = ", ".join(id_[:40] for id_ in cycle[:6])
        findings.reason(
            ReasonCode.CYCLE_FOUND, "edges", f"{len(cycle)} nodes lie on or behind a cycle: {shown}."
        )
        findings.keep_inactive()
