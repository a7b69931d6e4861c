"""Steps inside a step (a condition's branches, a loop's body, a switch's cases): nodes of their own, on its ports.

After a branch comes what follows the step itself: `if x: a else: b` and then c is drawn as x → a → c and x → b → c.
What is no list of steps is kept in the node's `extra`, named, and the workflow stays inactive.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from atlas_workflows.graph.model import Node
from atlas_workflows.legacy.aliases import node_type
from atlas_workflows.legacy.findings import Findings
from atlas_workflows.legacy.graph.edges import LegacyEdge
from atlas_workflows.legacy.graph.linear import step_node
from atlas_workflows.legacy.graph.nodes import canonical_type
from atlas_workflows.legacy.graph.ports import EITHER, port_of
from atlas_workflows.legacy.graph.raw import Entry
from atlas_workflows.legacy.graph.stored import LegacyNode, graph_node, id_text
from atlas_workflows.legacy.reasons import ReasonCode
from atlas_workflows.legacy.source.documents import unwrap

_CONDITION = {
    "true": ("trueBranch", "true_branch", "then", "thenSteps", "then_steps", "thenActions", "then_actions", "ifTrue",
             "if_true", "onTrue", "on_true", "trueSteps", "true_steps", "trueActions", "true_actions", "truePath",
             "true_path", "trueNodes", "yes", "true"),
    "false": ("falseBranch", "false_branch", "else", "elseSteps", "else_steps", "elseActions", "else_actions", "ifFalse",
              "if_false", "onFalse", "on_false", "falseSteps", "false_steps", "falseActions", "false_actions", "falsePath",
              "false_path", "falseNodes", "no", "false", "otherwise"),
}  # fmt: skip
_LOOP = {
    "body": ("body", "loopBody", "loop_body", "bodySteps", "body_steps", "loopSteps", "loop_steps", "loopActions",
             "loop_actions", "steps", "actions", "children", "do", "nodes"),
}  # fmt: skip
_SWITCH = {"default": ("defaultSteps", "default_steps", "defaultActions", "default_actions", "default", "defaultCase",
                       "defaultBranch", "default_branch", "otherwise", "else")}  # fmt: skip
_PORTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "condition": _CONDITION,
    "loop": _LOOP,
    "switch": _SWITCH,
}
_CASES = ("cases", "switchCases", "branches")
_IN_CASE = ("steps", "actions", "then", "do", "body", "nodes", "children", "branch")
_CASE_NAMES = ("handle", "port", "id", "name", "label", "value", "case")
_KEYS = frozenset(key for ports in _PORTS.values() for keys in ports.values() for key in keys) | frozenset(
    _CASES
)
_STEP_TYPES = ("type", "action", "actionType", "action_type")
_SETTINGS = frozenset({"config", "data", "settings", "params", "parameters"})
_LISTS = ("steps", "actions", "nodes")

Chains = dict[str, list[LegacyNode]]


def unfold(drawn: list[LegacyNode], edges: list[LegacyEdge], findings: Findings) -> list[LegacyEdge]:
    """The edges with those of nested steps; the nested nodes, and those nested in them, are appended to `drawn`."""
    taken = {node.id for node in drawn}
    for node in drawn:  # it grows on the way, so what is nested in a nested step gets its turn
        if node.is_trigger or node.settings.keys().isdisjoint(_KEYS):
            continue
        type_ = canonical_type(node)
        if type_ is None or type_ not in _PORTS:
            continue
        chains = _chains(node, type_, edges, taken, findings)
        if not chains:
            continue
        drawn += [step for chain in chains.values() for step in chain]
        edges = _rewired(node, type_, edges, chains)
        steps = sum(map(len, chains.values()))
        findings.change(
            ReasonCode.NESTED_STEPS_UNFOLDED, node.path,
            f"{steps} steps stood inside {type_} {node.label[:80] or node.id}; they are nodes of their own now.",
            before="inside the step; not known to be executed", after=f"{steps} nodes, executed",
        )  # fmt: skip
    return edges


def _chains(
    node: LegacyNode, type_: str, edges: list[LegacyEdge], taken: set[str], findings: Findings
) -> Chains:
    chains: Chains = {}
    for port, key, value in list(_nested(node, type_, edges)):
        path = f"{node.settings_path}.{key}"
        steps = steps_in(value, path, findings)
        if steps and port not in chains:
            node.unfolded.append(value)
            chains[port] = [
                _node(entry, at, node, port, taken, findings) for at, entry in enumerate(steps, 1)
            ]
        else:
            _keep(node, type_, (port, key, value), edges, findings)
    return chains


def _nested(node: LegacyNode, type_: str, edges: list[LegacyEdge]) -> Iterator[tuple[str, str, Any]]:
    """(port, key, value) of every setting that may hold steps, taken out of the settings."""
    if type_ == "switch":
        yield from _in_cases(node, {edge.handle for edge in edges if edge.source == node.id})
    for port, keys in _PORTS[type_].items():
        for key in keys:
            value = node.settings.get(key)
            is_nested = isinstance(value, dict | list) or (type_ == "condition" and value is not False)
            if value not in (None, "", [], {}) and is_nested:
                yield port, key, node.settings.pop(key)


def _in_cases(node: LegacyNode, handles: set[str]) -> Iterator[tuple[str, str, Any]]:
    name = next((name for name in _CASES if node.settings.get(name)), "")
    cases = node.settings.get(name)
    if isinstance(cases, dict):
        cases = [
            {"name": key, **(case if isinstance(case, dict) else {"steps": case} if isinstance(case, list) else {"value": case})}
            for key, case in cases.items()
        ]  # fmt: skip
    if not isinstance(cases, list) or not any(
        isinstance(case, dict) and not case.keys().isdisjoint(_IN_CASE) for case in cases
    ):
        return
    plain: list[Any] = []
    for at, case in enumerate(cases):
        inside = [
            key for key in _IN_CASE if isinstance(case, dict) and isinstance(case.get(key), dict | list)
        ]
        plain.append({key: case[key] for key in case if key not in inside} if inside else case)
        for key in inside:
            if case[key]:
                yield _case_port(case, handles, at), f"{name}[{at}].{key}", case[key]
    node.settings[name] = plain


def _case_port(case: Mapping[str, Any], handles: set[str], at: int) -> str:
    names = [
        str(case[key]) for key in _CASE_NAMES if isinstance(case.get(key), str | int) and case[key] != ""
    ]
    return next((name for name in names if name in handles), (names or [f"case-{at}"])[0])[:100]


def _case_ports(node: LegacyNode) -> list[str]:
    cases: Any = next((node.settings[name] for name in _CASES if node.settings.get(name)), [])
    listed = cases if isinstance(cases, list) else []
    return [_case_port(case, set(), at) for at, case in enumerate(listed) if isinstance(case, dict)]


def note_steps_in_extra(nodes: Iterable[Node], findings: Findings) -> None:
    """Whatever else was kept aside may hold steps as well: the branches of a parallel, what follows on success."""
    for node in nodes:
        if "extra" in node.parameters and _holds_steps(node.parameters["extra"]):
            findings.reason(
                ReasonCode.NESTED_STEPS_KEPT, f"nodes.{node.id}.extra", "Steps stand inside this node."
            )
            findings.keep_inactive()


def _holds_steps(value: Any) -> bool:
    if isinstance(value, list):
        return any(_holds_steps(item) for item in value)
    if not isinstance(value, dict):
        return False
    if not value.keys().isdisjoint(_SETTINGS) and any(
        isinstance(value.get(key), str) and node_type(value[key]) for key in _STEP_TYPES
    ):
        return True
    return any(_holds_steps(item) for item in value.values())


def steps_in(value: Any, path: str, findings: Findings) -> list[Entry] | None:
    """The steps that a setting holds, with their places; None where it is no list of steps."""
    if type(value) is str:
        value = unwrap(value, path, findings)
    if type(value) is dict:
        if _is_step(value):
            return [(path, value)]
        key = next((key for key in _LISTS if type(value.get(key)) is list), None)
        return steps_in(value[key], f"{path}.{key}", findings) if key and value.keys() == {key} else None
    if type(value) is not list:
        return None
    found = [(f"{path}[{at}]", item) for at, item in enumerate(value) if item is not None]
    return found if all(_is_step(item) for _, item in found) else None


def _is_step(value: Any) -> bool:
    return type(value) is dict and (
        type(value.get("data")) is dict
        or any(type(value.get(key)) is str and value[key].strip() for key in _STEP_TYPES)
    )


def _node(
    entry: Entry, at: int, parent: LegacyNode, port: str, taken: set[str], findings: Findings
) -> LegacyNode:
    path, step = entry
    own = id_text(step.get("id"))
    id_ = own if own and own not in taken else f"{parent.id[:120]}~{port[:40]}-{at}"
    while id_ in taken:
        id_ += "~2"
    taken.add(id_)
    inner = {key: value for key, value in step.items() if key != "id"}
    node = (
        graph_node(path, id_, step, findings)
        if type(step.get("data")) is dict
        else step_node(id_, path, inner)
    )
    node.is_trigger = False
    if own and own != id_:
        node.spare["id"] = step["id"]
    return node


def _keep(
    node: LegacyNode, type_: str, nested: tuple[str, str, Any], edges: list[LegacyEdge], findings: Findings
) -> None:
    """What is no list of steps stays with the node. Names of nodes that the drawing leads to only repeat it."""
    port, key, value = nested
    node.spare[key] = value
    named = {value} if isinstance(value, str) else set(value) if _are_texts(value) else {""}
    drawn = {
        edge.target
        for edge in edges
        if edge.source == node.id and port_of(type_, edge.handle, {}) in (port, EITHER)
    }
    if not named <= drawn:
        findings.reason(
            ReasonCode.NESTED_STEPS_KEPT,
            f"{node.settings_path}.{key}",
            "It may hold steps, in a form nobody knows.",
        )
        findings.keep_inactive()


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _rewired(node: LegacyNode, type_: str, edges: list[LegacyEdge], chains: Chains) -> list[LegacyEdge]:
    """Nested steps go between their port and what was drawn behind it."""
    kept = [edge for edge in edges if edge.source != node.id]
    leaving = [edge for edge in edges if edge.source == node.id]
    # Where no outcome was drawn by its name, every case goes on to what follows, with steps of its own or without.
    cases = [] if any(edge.handle for edge in leaving) else _case_ports(node)
    for edge in leaving:
        kept += _behind(edge, _ports_of(edge.handle, type_, [*chains, *cases]), chains)
    for port, chain in chains.items():
        kept.append(_edge(node.path, node.id, chain[0].id, port))
        kept += [_edge(one.path, one.id, other.id, "") for one, other in pairwise(chain)]
    return kept


def _behind(edge: LegacyEdge, ports: list[str], chains: Chains) -> list[LegacyEdge]:
    moved = []
    for port in ports:
        source, handle = (chains[port][-1].id, "") if chains.get(port) else (edge.source, port)
        id_ = edge.id if len(ports) == 1 else ""
        moved.append(LegacyEdge(edge.path, id_ or _id(source, handle, edge.target), source, edge.target, handle, edge.condition))  # fmt: skip
    return moved


def _ports_of(handle: str, type_: str, ports: list[str]) -> list[str]:
    if type_ == "switch":
        return [handle] if handle else list(dict.fromkeys(["default", *ports]))
    if type_ == "loop":
        return [port_of(type_, handle, {}) or "done"]
    port = port_of(type_, handle, {})
    return ["true", "false"] if port == EITHER else [port or handle]


def _edge(path: str, source: str, target: str, handle: str) -> LegacyEdge:
    return LegacyEdge(path, _id(source, handle, target), source, target, handle)


def _id(source: str, handle: str, target: str) -> str:
    return f"{source[:70]}-{handle[:30]}-{target[:70]}"
