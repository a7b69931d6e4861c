"""Goes round its body: for each item, while a condition holds, or a number of times."""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from atlas_workflows.graph.catalogue import Effect, Fault, Role
from atlas_workflows.nodes.faults import advice, missing
from atlas_workflows.nodes.fields import Condition, CountOrTemplate, DataPath, VariableName
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import Parameters

MAX_ITERATIONS = 1_000


class LoopParameters(Parameters):
    kind: Literal["for_each", "while", "count"] = Field(description="What decides on another round.")
    items: DataPath | None = Field(None, description="for_each: path of the list.")
    condition: Condition | None = Field(
        None, description="while: goes on as long as this holds, asked before each round."
    )
    count: CountOrTemplate | None = Field(None, description="count: number of rounds.")
    max_iterations: Annotated[int, Field(ge=1, le=MAX_ITERATIONS)] = Field(
        100, description="No more rounds than this; what is left is dropped and the step says so."
    )
    break_when: Condition | None = Field(None, description="Ends the loop where it holds after a round.")
    item_variable: VariableName = Field("item", description="Name under which the round's item is found.")


def review(parameters: LoopParameters) -> Iterable[Fault]:
    if parameters.kind == "for_each" and not parameters.items:
        yield missing("MISSING_LOOP_ITEMS", "items", "The list that the loop goes through")
    if parameters.kind == "count" and parameters.count is None:
        yield missing("MISSING_LOOP_COUNT", "count", "The number of rounds")
    if parameters.kind == "while" and parameters.condition is None:
        yield missing("MISSING_LOOP_CONDITION", "condition", "The condition of the loop")
    if (
        parameters.kind == "while"
        and parameters.break_when is None
        and parameters.max_iterations == MAX_ITERATIONS
    ):
        message = f"The loop may go round {MAX_ITERATIONS} times, and only its condition ends it."
        remedy = "Lower max_iterations, or add break_when."
        yield advice("POTENTIAL_INFINITE_LOOP", "max_iterations", message, remedy)


NODE = NodeType(
    name="loop",
    title="Loop",
    category="flow",
    documentation=(
        "Sends the execution round its body, one round after the other, then leaves by done. A round ends when "
        "every branch of the body has come back into the loop or has ended. In the body, `item`, `index` (from 0), "
        "`total`, `is_first` and `is_last` are found under `loop`."
    ),
    parameters=LoopParameters,
    effect=Effect.NONE,
    idempotency="The list and the round are stored in the execution's state; the round is part of every effect's key.",
    role=Role.LOOP,
    ports=("body", "done"),
    path_codes={"body": "MISSING_LOOP_BODY"}.get,
    missing_codes={"kind": "MISSING_LOOP_TYPE"},
    review=review,
)
