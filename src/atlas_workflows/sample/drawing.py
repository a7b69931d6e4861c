"""Draws a recipe as the builder stored it: React-Flow nodes and edges."""

from typing import Any, NamedTuple

from atlas_workflows.sample.dice import Dice
from atlas_workflows.sample.recipe import Recipe, Step

Json = dict[str, Any]


class Stop(NamedTuple):
    """A node as an execution's step names it; kept apart, because dirt may spoil the node later."""

    node_id: str
    node_type: str
    label: str
    action_type: str | None


class Drawing:
    """Nodes, edges and the nodes by step, as one recipe is drawn top down."""

    def __init__(self, dice: Dice) -> None:
        self.dice = dice
        self.nodes: list[Json] = []
        self.edges: list[Json] = []
        self.trail: list[Stop] = []

    def draw(self, recipe: Recipe) -> "Drawing":
        trigger = self._add("trigger", _trigger_data(recipe), 0, 0)
        self.trail.append(_stop(trigger))
        self._chain(recipe.steps, [(trigger["id"], None)], 0, on_path=True)
        return self

    def _chain(
        self, steps: tuple[Step, ...], tails: list[tuple[str, str | None]], x: int, *, on_path: bool
    ) -> None:
        for number, step in enumerate(steps):
            node = self._add(step.type, _data(step), x, len(self.nodes))
            if on_path:
                self.trail.append(_stop(node))
            for source, handle in tails:
                self._connect(source, node["id"], handle)
            if step.yes or step.no:
                self._branch(step, node["id"], steps[number + 1 :], x, on_path=on_path)
                return
            tails = [(node["id"], None)]

    def _branch(self, step: Step, source: str, rest: tuple[Step, ...], x: int, *, on_path: bool) -> None:
        yes, no = step.handles
        self._chain(step.yes + rest, [(source, yes)], x - 250, on_path=on_path)
        self._chain(step.no, [(source, no)], x + 250, on_path=False)

    def _add(self, node_type: str, data: Json, x: int, depth: int) -> Json:
        position = {"x": 400 + x, "y": 80 + 140 * depth}
        node = {"id": self.dice.uuid(), "type": node_type, "position": position, "data": data}
        self.nodes.append(node)
        return node

    def _connect(self, source: str, target: str, handle: str | None) -> None:
        edge = {"id": f"e-{self.dice.short_id()}", "source": source, "target": target}
        self.edges.append({**edge, "sourceHandle": handle, "targetHandle": None})


def _stop(node: Json) -> Stop:
    data = node["data"]
    return Stop(node["id"], node["type"], data["label"], data.get("actionType"))


def _trigger_data(recipe: Recipe) -> Json:
    config = recipe.trigger_config if isinstance(recipe.trigger_config, dict) else {}
    return {
        "label": recipe.trigger_label,
        "actionType": recipe.trigger,
        "config": {**config, "subtype": recipe.trigger},
        "isValid": True,
    }


def _data(step: Step) -> Json:
    if step.generation == 1:
        flat = step.config if isinstance(step.config, dict) else {}
        return {"label": step.label, **flat}
    data: Json = {"label": step.label, "actionType": step.action, "config": step.config, "isValid": True}
    if step.action is None:
        del data["actionType"]
    return data
