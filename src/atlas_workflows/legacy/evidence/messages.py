"""How many messages one start of a workflow can send: the fewest and the most over its paths. Pure."""

from collections.abc import Mapping, Sequence

from atlas_workflows.graph.model import Workflow
from atlas_workflows.legacy.evidence.steps import SENDING

BRANCHING = frozenset({"condition", "switch", "split", "filter"})


def messages_of(workflow: Workflow, trigger: str) -> tuple[int, int]:
    """(fewest, most) messages that a start by `trigger` sends. A loop's body counts once, what waits counts as passing."""
    leaving: dict[str, list[tuple[str, str]]] = {}
    for edge in workflow.edges:
        leaving.setdefault(edge.source, []).append((edge.source_port, edge.target))
    reached, waiting = {trigger}, [trigger]
    while waiting:
        for _, target in leaving.get(waiting.pop(), ()):
            if target not in reached:
                reached.add(target)
                waiting.append(target)
    senders = frozenset(
        node.id
        for node in workflow.nodes
        if node.enabled and node.type in SENDING and "skip_unless" not in node.parameters
    )
    most = sum(1 for node in workflow.nodes if node.enabled and node.type in SENDING and node.id in reached)
    if most == 0:
        return 0, 0
    branching = frozenset(node.id for node in workflow.nodes if node.type in BRANCHING)
    return _fewest(trigger, leaving, branching, senders), most


def _fewest(
    start: str,
    leaving: Mapping[str, Sequence[tuple[str, str]]],
    branching: frozenset[str],
    senders: frozenset[str],
) -> int:
    """Messages that every path sends: those of nodes reached without going through a branch."""
    certain, waiting = {start}, [start]
    while waiting:
        node = waiting.pop()
        if node in branching:
            continue
        for port, target in leaving.get(node, ()):
            if port != "error" and target not in certain:
                certain.add(target)
                waiting.append(target)
    return len(certain & senders)
