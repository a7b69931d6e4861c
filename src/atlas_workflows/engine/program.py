"""A workflow made ready for execution: plan, zone, prepared parameters and policies, each worked out once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from atlas_workflows.engine.behaviour import Kind, Kinds, StepFailed
from atlas_workflows.engine.retry import ErrorPolicy, error_policy
from atlas_workflows.expressions.condition import parse_condition
from atlas_workflows.expressions.evaluate import compile_condition
from atlas_workflows.expressions.moment import Moment, zone_named
from atlas_workflows.graph.catalogue import Role
from atlas_workflows.graph.model import MAIN_PORT, Node, Workflow
from atlas_workflows.graph.plan import Plan


def _first(ready: int) -> int:  # noqa: ARG001
    return 0


@dataclass(frozen=True, slots=True)
class Site:
    """A node as it is executed: `passed_through` says why it does nothing; `continue_port` is where it is left then.

    `escaped` is its id as keys have it: an id may hold any character, and a key must not read like that of another step.
    """

    node: Node
    kind: Kind | None
    passed_through: str | None
    continue_port: str
    escaped: str


@dataclass(slots=True)
class Program:
    """Shared by all executions of one workflow version. `pick` chooses which of n ready tokens goes next."""

    workflow: Workflow
    kinds: Kinds
    pick: Callable[[int], int] = _first
    plan: Plan = field(init=False)
    zone: Any = field(init=False)
    exit_test: Callable[[Mapping[str, Any], Moment], bool] | None = field(init=False, default=None)
    _sites: dict[str, Site] = field(init=False, default_factory=dict)
    _prepared: dict[str, tuple[Kind, Any]] = field(init=False, default_factory=dict)
    _policies: dict[str, ErrorPolicy] = field(init=False, default_factory=dict)
    _awaits: frozenset[str] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.plan = Plan(self.workflow)
        self.zone = zone_named(self.workflow.settings.timezone)
        if self.workflow.settings.exit_when is not None:
            self.exit_test = compile_condition(parse_condition(self.workflow.settings.exit_when))

    def site(self, node: str) -> Site:
        """What is the same at every visit of a node."""
        known = self._sites.get(node)
        if known is None:
            known = self._sites[node] = self._site(node)
        return known

    def _site(self, node: str) -> Site:
        found, kind = self.plan.nodes[node], self.kind_of(node)
        escaped = node.replace("%", "%25").replace("/", "%2F").replace("#", "%23")
        ports = kind.ports_out(found.parameters) if kind is not None else ()
        continue_port = MAIN_PORT if MAIN_PORT in ports or not ports else ports[-1]
        if not found.enabled:
            return Site(found, kind, "It is switched off.", continue_port, escaped)
        is_executable = kind is not None and kind.role not in (Role.UNKNOWN, Role.NOTE)
        refused = None if is_executable else "Its type cannot be executed."
        return Site(found, kind, refused, continue_port, escaped)

    def kind_of(self, node: str) -> Kind | None:
        """The node's type; None where the catalogue does not know it."""
        found = self.plan.nodes[node]
        return self.kinds.node(found.type, found.version)

    def prepared(self, node: str) -> tuple[Kind, Any]:
        """The node's type and its parameters; raises StepFailed where either is wrong."""
        known = self._prepared.get(node)
        if known is None:
            kind, found = self.kind_of(node), self.plan.nodes[node]
            if kind is None:
                raise StepFailed("configuration", f"The node type {found.type!r} does not exist.")
            known = self._prepared[node] = kind, kind.prepare(found.parameters)
        return known

    @property
    def looks_at_contact(self) -> bool:
        """Whether what it does next depends on how the contact is at that instant: it has goals or an exit condition."""
        return self.exit_test is not None or any(node.type == "goal" for node in self.workflow.nodes)

    @property
    def looks_back(self) -> bool:
        """Whether one of its waits accepts events from before it began."""
        waits = (node.parameters.get("wait") for node in self.workflow.nodes)
        return any(isinstance(wait, Mapping) and wait.get("look_back") is not None for wait in waits)

    @property
    def awaits(self) -> frozenset[str]:
        """Types of events that its executions want to hear of; "*" for all."""
        if self._awaits is None:
            self._awaits = self._what_it_awaits()
        return self._awaits

    def _what_it_awaits(self) -> frozenset[str]:
        kinds = ((self.kind_of(node.id), node) for node in self.workflow.nodes if node.enabled)
        found = {name for kind, node in kinds if kind is not None for name in kind.awaits(node.parameters)}
        return frozenset(found | ({"*"} if self.exit_test is not None else set()))

    def policy(self, node: str) -> ErrorPolicy:
        """What happens when the node fails."""
        if node not in self._policies:
            self._policies[node] = error_policy(self.plan.nodes[node], self.workflow.settings)
        return self._policies[node]
