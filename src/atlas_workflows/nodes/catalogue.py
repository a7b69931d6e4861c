"""Collects the catalogue by walking the packages: adding a type means adding a file, and nothing else."""

import importlib
import pkgutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import atlas_workflows.nodes.actions
import atlas_workflows.nodes.logic
import atlas_workflows.nodes.triggers
from atlas_workflows.errors import AtlasError
from atlas_workflows.expressions.condition import parse_condition
from atlas_workflows.graph.catalogue import Fault
from atlas_workflows.graph.model import Settings
from atlas_workflows.nodes.node_type import NodeType, TriggerType
from atlas_workflows.time_zones import zone_names


@dataclass(frozen=True, slots=True)
class NodeCatalogue:
    """All node and trigger types by name and version; a `graph.catalogue.Catalogue`."""

    nodes: dict[tuple[str, int], NodeType]
    triggers: dict[tuple[str, int], TriggerType]

    def node(self, type: str, version: int) -> NodeType | None:  # noqa: A002
        return self.nodes.get((type, version))

    def trigger(self, type: str, version: int) -> TriggerType | None:  # noqa: A002
        return self.triggers.get((type, version))

    def settings_faults(self, settings: Settings) -> Sequence[Fault]:
        found = []
        if settings.timezone not in zone_names():
            message = f"{settings.timezone[:60]!r} is not a time zone."
            remedy = "Use an IANA name such as Europe/London."
            found.append(Fault("UNKNOWN_TIMEZONE", "timezone", message, remedy))
        if settings.exit_when is not None:
            try:
                parse_condition(settings.exit_when)
            except AtlasError as error:
                found.append(Fault("INCOMPLETE_CONDITION", "exit_when", error.fact, error.remedy))
        return found


@cache
def load_catalogue() -> NodeCatalogue:
    """The catalogue; imports every file of it at the first call."""
    exported = list(_exported())
    nodes = {(kind.name, kind.version): kind for kind in exported if isinstance(kind, NodeType)}
    triggers = {(kind.name, kind.version): kind for kind in exported if isinstance(kind, TriggerType)}
    return NodeCatalogue(nodes, triggers)


def _exported() -> Iterator[NodeType | TriggerType]:
    packages = (atlas_workflows.nodes.logic, atlas_workflows.nodes.actions, atlas_workflows.nodes.triggers)
    for package in packages:
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            yield importlib.import_module(module.name).NODE
