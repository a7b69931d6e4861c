"""Collects the catalogue by walking the packages: adding a type means adding a file, and nothing else."""

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import atlas_workflows.nodes.actions
import atlas_workflows.nodes.logic
import atlas_workflows.nodes.triggers
from atlas_workflows.nodes.node_type import NodeType, TriggerType


@dataclass(frozen=True, slots=True)
class NodeCatalogue:
    """All node and trigger types by name and version; a `graph.catalogue.Catalogue`."""

    nodes: dict[tuple[str, int], NodeType]
    triggers: dict[tuple[str, int], TriggerType]

    def node(self, type: str, version: int) -> NodeType | None:  # noqa: A002
        return self.nodes.get((type, version))

    def trigger(self, type: str, version: int) -> TriggerType | None:  # noqa: A002
        return self.triggers.get((type, version))


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
