"""Small workflows for the tests here."""

from itertools import pairwise
from typing import Any

from atlas_workflows.graph.model import Edge, Node, RetryPolicy, Settings, Trigger, Workflow

TRIGGER = Trigger("t", "manual", {})


def node(step: str, kind: str = "add_note", /, **parameters: Any) -> Node:
    return Node(step, kind, parameters or {"text": step})


def line(name: str, *nodes: Node, **settings: Any) -> Workflow:
    """The nodes one after the other."""
    steps = ["t", *(found.id for found in nodes)]
    edges = tuple(Edge(f"e{i}", a, b) for i, (a, b) in enumerate(pairwise(steps)))
    return Workflow(name, name, nodes, edges, (TRIGGER,), settings=Settings(**settings))


def wait(step: str, amount: int = 5, unit: str = "minutes") -> Node:
    return Node(step, "wait", {"wait": {"kind": "duration", "amount": amount, "unit": unit}})


def retried(step: str, attempts: int, delay: float = 40, **more: Any) -> Node:
    return Node(step, "add_note", {"text": step}, retry=RetryPolicy(attempts, delay_seconds=delay), **more)


def setting(step: str, value: Any = 1) -> Node:
    return Node(step, "set_variable", {"name": step, "value": value})
