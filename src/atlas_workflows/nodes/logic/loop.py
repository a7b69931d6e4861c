"""Goes round its body: for each item, while a condition holds, or a number of times."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from atlas_workflows.engine.behaviour import Call, Done, Outcome, Round, StepFailed
from atlas_workflows.expressions.values import number
from atlas_workflows.graph.catalogue import Effect, Fault, Role
from atlas_workflows.nodes.faults import advice, missing
from atlas_workflows.nodes.fields import Condition, CountOrTemplate, DataPath, VariableName
from atlas_workflows.nodes.items import items_at
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import Parameters
from atlas_workflows.nodes.template_faults import path_faults

MAX_ITERATIONS = 1_000
_MOST_WANTED = 1_000_000_000  # a number beyond it is a mistake, and too long to be written out


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
    yield from path_faults(parameters.items or None, "items")
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


def run(call: Call) -> Outcome:
    """Enter the loop, or decide after a round; `memory` is {"items", "total", "dropped", "index"}."""
    parameters: LoopParameters = call.parameters
    memory = call.memory if call.memory is not None else _entered(call, parameters)
    index = memory["index"] + 1
    if index > 0 and parameters.break_when is not None and call.holds(parameters.break_when):
        return _over(memory, index, "It was broken off by break_when.")
    if parameters.kind == "while":
        if index >= parameters.max_iterations:
            return _over(memory, index, f"It was stopped after max_iterations ({index}).")
        if parameters.condition is None or not call.holds(parameters.condition):
            return _over(memory, index, "")
    elif index >= memory["total"]:
        note = (
            f"{memory['dropped']} further rounds were dropped (max_iterations)." if memory["dropped"] else ""
        )
        return _over(memory, index, note)
    return _round(parameters, memory, index)


def _entered(call: Call, parameters: LoopParameters) -> dict[str, Any]:
    memory: dict[str, Any] = {"items": None, "total": None, "dropped": 0, "index": -1}
    if parameters.kind == "while":
        return memory
    if parameters.kind == "for_each":
        items = items_at(call, parameters.items or "")
        wanted = len(items)
        memory["items"] = items[: parameters.max_iterations]
    else:
        wanted = _count(call, parameters)
    memory["total"] = min(wanted, parameters.max_iterations)
    return memory | {"dropped": wanted - memory["total"]}


def _count(call: Call, parameters: LoopParameters) -> int:
    wanted = number(call.value(parameters.count))
    if wanted is None or not 0 <= wanted < _MOST_WANTED or wanted != int(wanted):
        raise StepFailed("data", "The number of rounds is no whole number, or far too large.")
    return int(wanted)


def _round(parameters: LoopParameters, memory: Mapping[str, Any], index: int) -> Round:
    total = memory["total"]
    items = memory["items"]
    item = index if items is None else items[index]
    loop = {"index": index, "number": index + 1, "total": total, "item": item}
    loop |= {"is_first": index == 0, "is_last": total is not None and index == total - 1}
    values = {"item": item, "index": index, "loop": loop}
    return Round(index, values, {**memory, "index": index}, {parameters.item_variable: item})


def _over(memory: Mapping[str, Any], rounds: int, note: str) -> Done:
    said = f"{rounds} rounds." + (f" {note}" if note else "")
    return Done({"rounds": rounds, "dropped": memory["dropped"]}, "done", note=said)


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
    run=run,
)
