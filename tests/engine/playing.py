"""Small words for writing workflows and playing them; used by the tests of this folder."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from atlas_workflows import exact_json
from atlas_workflows.engine.events import Happened, StepRecord
from atlas_workflows.engine.program import Program
from atlas_workflows.engine.simulation import Simulation, simulate
from atlas_workflows.engine.state import State, state_from_json, state_to_json
from atlas_workflows.graph.model import (
    Edge,
    ErrorMode,
    Node,
    RetryPolicy,
    Settings,
    Trigger,
    Variable,
    Workflow,
)
from atlas_workflows.nodes.catalogue import load_catalogue

START = datetime(2026, 3, 2, 9, tzinfo=UTC)  # a Monday
TRIGGER = Trigger("t", "manual", {})
TRUE = {"field": "contact.name", "operator": "exists"}
FALSE = {"field": "contact.name", "operator": "not_exists"}
CONTACT = {
    "id": "c1",
    "name": "Ana",
    "visits": [{"n": 1}, {"n": 2}, {"n": 3}],
    "tags": ["trial"],
    "score": 40,
}


def node(step: str, kind: str = "add_note", /, **parameters: Any) -> Node:
    return Node(step, kind, {"text": step} if kind == "add_note" and not parameters else parameters)


def failing(step: str, mode: ErrorMode | None, retry: RetryPolicy | None, **more: Any) -> Node:
    return Node(step, "add_note", {"text": step}, on_error=mode, retry=retry, **more)


def edges(*paths: str) -> tuple[Edge, ...]:
    """ "t a:true b" leads from t to a by main and from a to b by true."""
    found = []
    for path in paths:
        steps = path.split()
        for source, target in pairwise(steps):
            step, _, port = source.partition(":")
            found.append(
                Edge(f"{source}>{target}#{len(found)}", step, target.partition(":")[0], port or "main")
            )
    return tuple(found)


def workflow(
    nodes: Iterable[Node], *paths: str, variables: tuple[Variable, ...] = (), **settings: Any
) -> Workflow:
    return Workflow("w", "W", tuple(nodes), edges(*paths), (TRIGGER,), variables, Settings(**settings))


def through_json(state: State) -> State:
    return state_from_json(exact_json.loads(exact_json.dumps(state_to_json(state))))


def play(
    found: Workflow,
    *events: Happened,
    data: dict[str, Any] | None = None,
    fail: dict[str, int] | None = None,
    between: Callable[[State], State] = through_json,
    pick: Callable[[int], int] = lambda ready: 0,
) -> Simulation:
    program = Program(found, load_catalogue(), pick)
    given = {"contact": CONTACT} if data is None else data
    return simulate(
        program, "t", given, START, execution="x", subject="c1", events=events, failures=fail, between=between
    )


def took(played: Simulation) -> list[str]:
    """Completed steps as "node" or "node:port"."""
    return [_said(step) for step in played.steps if step.status == "completed"]


def step_of(played: Simulation, name: str) -> StepRecord:
    return next(step for step in played.steps if step.node == name)


def _said(step: StepRecord) -> str:
    return step.node if step.port in (None, "main") else f"{step.node}:{step.port}"
