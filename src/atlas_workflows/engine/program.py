"""A workflow made ready for execution: plan, zone, prepared parameters and policies, each worked out once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from atlas_workflows.engine.behaviour import Kind, Kinds, StepFailed
from atlas_workflows.engine.retry import ErrorPolicy, error_policy
from atlas_workflows.expressions.moment import zone_named
from atlas_workflows.graph.model import Workflow
from atlas_workflows.graph.plan import Plan


def _first(ready: int) -> int:  # noqa: ARG001
    return 0


@dataclass(slots=True)
class Program:
    """Shared by all executions of one workflow version. `pick` chooses which of n ready tokens goes next."""

    workflow: Workflow
    kinds: Kinds
    pick: Callable[[int], int] = _first
    plan: Plan = field(init=False)
    zone: Any = field(init=False)
    _prepared: dict[str, tuple[Kind, Any]] = field(init=False, default_factory=dict)
    _policies: dict[str, ErrorPolicy] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.plan = Plan(self.workflow)
        self.zone = zone_named(self.workflow.settings.timezone)

    def kind_of(self, node: str) -> Kind | None:
        """The node's type; None where the catalogue does not know it."""
        found = self.plan.nodes[node]
        return self.kinds.node(found.type, found.version)

    def prepared(self, node: str) -> tuple[Kind, Any]:
        """The node's type and its parameters; raises StepFailed where either is wrong."""
        if node not in self._prepared:
            kind, found = self.kind_of(node), self.plan.nodes[node]
            if kind is None:
                raise StepFailed("configuration", f"The node type {found.type!r} does not exist.")
            self._prepared[node] = kind, kind.prepare(found.parameters)
        return self._prepared[node]

    def policy(self, node: str) -> ErrorPolicy:
        """What happens when the node fails."""
        if node not in self._policies:
            self._policies[node] = error_policy(self.plan.nodes[node], self.workflow.settings)
        return self._policies[node]
