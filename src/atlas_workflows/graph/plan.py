"""What comes next: a workflow's edges as lookups, for whoever walks it. Built once per workflow version."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from atlas_workflows.graph.model import Edge, Node, Trigger, Workflow

Step = TypeVar("Step", Node, Trigger)
_NO_PORTS: dict[str, list[Edge]] = {}


@dataclass(slots=True)
class Plan:
    """Successors by port, predecessors and reachability of one workflow.

    Where ids repeat, the first node wins. Edges whose source or target is missing are left out.
    """

    workflow: Workflow
    nodes: dict[str, Node] = field(init=False)
    triggers: dict[str, Trigger] = field(init=False)
    outgoing: dict[str, dict[str, list[Edge]]] = field(init=False)
    incoming: dict[str, list[Edge]] = field(init=False)
    _bodies: dict[str, frozenset[str]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.nodes = _by_id(self.workflow.nodes)
        self.triggers = _by_id(self.workflow.triggers)
        self.outgoing = {}
        self.incoming = {}
        nodes, triggers, outgoing, incoming = self.nodes, self.triggers, self.outgoing, self.incoming
        for edge in self.workflow.edges:
            source, target = edge.source, edge.target
            if target in nodes and (source in nodes or source in triggers):
                outgoing.setdefault(source, {}).setdefault(edge.source_port, []).append(edge)
                incoming.setdefault(target, []).append(edge)

    def after(self, step: str, port: str) -> list[Edge]:
        """Edges that leave a port, in the order of the document."""
        return self.outgoing.get(step, {}).get(port, [])

    def successors(self, step: str) -> list[str]:
        """Targets of all edges that leave a step, in the order of the document, repeats included."""
        return [edge.target for edges in self.outgoing.get(step, {}).values() for edge in edges]

    def reachable(self, starts: Iterable[str], *, around: str | None = None) -> set[str]:
        """Everything one can get to from `starts`, these included, without passing through `around`."""
        seen = {start for start in starts if start != around}
        queue, outgoing = list(seen), self.outgoing
        for step in queue:  # which grows meanwhile
            for edges in outgoing.get(step, _NO_PORTS).values():
                for edge in edges:
                    target = edge.target
                    if target not in seen and target != around:
                        seen.add(target)
                        queue.append(target)
        return seen

    def body(self, loop: str) -> frozenset[str]:
        """The nodes between a loop's body port and the way back into it."""
        if loop not in self._bodies:
            starts = [edge.target for edge in self.after(loop, "body")]
            self._bodies[loop] = frozenset(self.reachable(starts, around=loop))
        return self._bodies[loop]

    def ahead(self, steps: Iterable[str], around: frozenset[str] = frozenset()) -> set[str]:
        """Everything that lies at least one edge ahead of `steps`, without entering `around`."""
        seen: set[str] = set()
        queue = deque(steps)
        while queue:
            for target in self.successors(queue.popleft()):
                if target not in seen and target not in around:
                    seen.add(target)
                    queue.append(target)
        return seen

    def is_way_back(self, edge: Edge, loops: frozenset[str]) -> bool:
        """Whether an edge closes a round of the loop that it enters."""
        return edge.target in loops and edge.source in self.body(edge.target)


def _by_id(steps: tuple[Step, ...]) -> dict[str, Step]:
    found = {step.id: step for step in steps}
    if len(found) < len(steps):
        for step in reversed(steps):
            found[step.id] = step
    return found


def order(plan: Plan, loops: frozenset[str]) -> tuple[list[str], set[str]]:
    """Steps in an order in which every step comes after its predecessors, and the steps left on or behind a cycle.

    The way back into a loop from its body does not count as a cycle.
    """
    steps = [*plan.triggers, *plan.nodes]
    if _leads_forward_only(plan, steps):
        return steps, set()
    forward: dict[str, list[str]] = {}
    waiting = dict.fromkeys(steps, 0)
    for edges in plan.incoming.values():
        for edge in edges:
            if not (edge.target in loops and plan.is_way_back(edge, loops)):
                waiting[edge.target] += 1
                forward.setdefault(edge.source, []).append(edge.target)
    ready = deque(step for step, count in waiting.items() if count == 0)
    done = []
    while ready:
        step = ready.popleft()
        done.append(step)
        for target in forward.get(step, ()):
            waiting[target] -= 1
            if waiting[target] == 0:
                ready.append(target)
    return done, {step for step, count in waiting.items() if count > 0}


def _leads_forward_only(plan: Plan, steps: list[str]) -> bool:
    """Most documents list their nodes in the order in which they are executed; then there is nothing to search."""
    place = {step: number for number, step in enumerate(steps)}
    for target, edges in plan.incoming.items():
        for edge in edges:
            if place[edge.source] >= place[target]:
                return False
    return True
