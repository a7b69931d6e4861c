"""What a messy row is made of, and the class of dirt it shows, with the evidence that it truly does."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from atlas_workflows.sample.dice import Dice
from atlas_workflows.sample.draft import Draft
from atlas_workflows.sample.executions import Execution
from atlas_workflows.sample.recipe import Recipe, Step, action
from atlas_workflows.sample.spec import Shape, Variant

GRAPH_SHAPES = frozenset({Shape.A, Shape.B})
LINEAR_SHAPES = frozenset({Shape.C, Shape.D, Shape.E, Shape.F})
ALL_SHAPES = GRAPH_SHAPES | LINEAR_SHAPES

Change = Callable[[Draft, Dice], None]
HistoryChange = Callable[[list[Execution], Dice], list[tuple[str, str]]]
GREETING = action(
    "send_email", "Greet", subject="Hello {{firstName}}", body="Hello {{firstName}}, this is %GYM%."
)


@dataclass(frozen=True, slots=True)
class CoverageClass:
    """One thing the messy sample must show.

    `needle` must occur in to_jsonb(row)::text, or `where` must hold for the row (an SQL condition; `where_b`
    replaces it in every shape but A); `table` is the row's table.
    """

    code: str
    needle: str | None = None
    linear_needle: str | None = None
    where: str | None = None
    where_b: str | None = None
    shapes: frozenset[Shape] = GRAPH_SHAPES
    table: str = "workflows"
    needs: Variant | None = None
    excluded: frozenset[Variant] = frozenset()

    def condition(self, shape: Shape) -> str | None:
        return self.where_b if shape is not Shape.A and self.where_b else self.where

    def text(self, shape: Shape) -> str | None:
        return self.linear_needle if shape in LINEAR_SHAPES and self.linear_needle else self.needle


@dataclass(frozen=True, slots=True)
class Specimen:
    """A workflow made to show classes of dirt: a recipe, and a change of its draft."""

    shows: tuple[str, ...]
    recipe: Recipe
    change: Change | None = None
    shapes: frozenset[Shape] = GRAPH_SHAPES
    history: HistoryChange | None = None
    needs: Variant | None = None
    excluded: frozenset[Variant] = frozenset()
    never_ran: bool = False
    # Its steps alone show what it shows; they may stand in another specimen's workflow.
    only_steps: bool = False


def recipe(
    title: str, steps: Iterable[Step] = (GREETING,), trigger: str = "lead_created", **more: Any
) -> Recipe:
    """A recipe of a specimen; the trigger is a plain one unless the trigger is the point."""
    config = more.pop("trigger_config", {"source": "all"})
    return Recipe(title, more.pop("description", title), trigger, config, tuple(steps), **more)


def in_groups(items: tuple[Any, ...], size: int) -> list[tuple[Any, ...]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
