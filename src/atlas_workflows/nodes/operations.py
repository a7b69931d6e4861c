"""The operations of the transform node: what each takes, and what it makes of the data."""

from collections.abc import Callable, Mapping
from decimal import Decimal, localcontext
from typing import Annotated, Any, Literal

from pydantic import Field

from atlas_workflows.engine.behaviour import Call, StepFailed
from atlas_workflows.expressions.formula import calculate
from atlas_workflows.expressions.paths import MISSING, look_up, parse_path
from atlas_workflows.expressions.values import number, text_of
from atlas_workflows.nodes.fields import Condition, DataPath, Text, VariableName
from atlas_workflows.nodes.items import MAX_ITEMS, as_items, items_at
from atlas_workflows.nodes.parameters import Parameters

_DIGITS = 400  # of sums and averages, as many as a number written as text may have

Source = Annotated[DataPath, Field(description="Path of the data that the operation works on.")]
Output = Annotated[VariableName, Field(description="Variable that takes the result.")]


class Operation(Parameters):
    """What all operations share: they write a variable, which the next operation may read."""

    output: Output


class SetOperation(Operation):
    """A value, or a template."""

    kind: Literal["set"]
    value: Any = Field(description="The value; texts may be templates.")


class FormatOperation(Operation):
    """A text from a template."""

    kind: Literal["format"]
    template: Text = Field(description="The template; `item` is the source where there is one.")
    source: Source | None = None


class MapOperation(Operation):
    """Every item of a list, or one object, rebuilt field by field."""

    kind: Literal["map"]
    source: Source
    fields: dict[str, Any] = Field(description="Field name to template over `item`.")


class FilterOperation(Operation):
    """The items of a list for which a condition holds."""

    kind: Literal["filter"]
    source: Source
    condition: Condition = Field(description="Asked of each as `item`.")


class AggregateOperation(Operation):
    """One number out of a list. Items that are no numbers do not count; without any, avg, min and max are null."""

    kind: Literal["aggregate"]
    source: Source
    function: Literal["count", "sum", "avg", "min", "max", "first", "last"] = Field(
        description="What is made of them."
    )
    field: DataPath | None = Field(None, description="Path inside each item; the item itself where left out.")


class CalculateOperation(Operation):
    """A number from a formula."""

    kind: Literal["calculate"]
    expression: str = Field(description="Formula, e.g. contact.visits * 2 + 1.")


class MergeOperation(Operation):
    """Objects joined (later ones win), or lists strung together."""

    kind: Literal["merge"]
    sources: list[DataPath] = Field(min_length=1, max_length=100, description="Paths of what is joined.")


class SplitOperation(Operation):
    """A text cut at a separator."""

    kind: Literal["split"]
    source: Source
    separator: str = Field(
        ",", min_length=1, max_length=100, description="Where it is cut; blanks around the parts go."
    )


class LookupOperation(Operation):
    """A value looked up in a table."""

    kind: Literal["lookup"]
    source: Source
    table: dict[str, Any] = Field(description="Key to value.")
    default: Any = Field(None, description="Value where the key is not in the table.")


AnyOperation = Annotated[
    SetOperation
    | FormatOperation
    | MapOperation
    | FilterOperation
    | AggregateOperation
    | CalculateOperation
    | MergeOperation
    | SplitOperation
    | LookupOperation,
    Field(discriminator="kind"),
]


def _set(call: Call, operation: SetOperation) -> Any:
    return call.value(operation.value)


def _format(call: Call, operation: FormatOperation) -> Any:
    if not isinstance(operation.template, str):
        return operation.template
    if operation.source is None:
        return call.text(operation.template)
    return call.text(operation.template, item=call.look(operation.source))


def _map(call: Call, operation: MapOperation) -> Any:
    source = call.look(operation.source)
    if isinstance(source, Mapping):
        return call.value(operation.fields, item=source)
    return [call.value(operation.fields, item=item) for item in as_items(source, operation.source)]


def _filter(call: Call, operation: FilterOperation) -> Any:
    items = items_at(call, operation.source)
    return [item for item in items if call.holds(operation.condition, item=item)]


def _aggregate(call: Call, operation: AggregateOperation) -> Any:
    items = items_at(call, operation.source)
    if operation.field is not None:
        path = parse_path(operation.field)
        found = [look_up(item, path) for item in items]
        items = [value for value in found if value is not MISSING]
    if operation.function in ("first", "last"):
        return (items[0] if operation.function == "first" else items[-1]) if items else None
    return len(items) if operation.function == "count" else _number_of(operation.function, items)


def _number_of(function: str, items: list[Any]) -> Any:
    numbers = [Decimal(n) for n in map(number, items) if n is not None]
    with localcontext(prec=_DIGITS):
        return _made_of(function, numbers)


def _made_of(function: str, numbers: list[Decimal]) -> Any:
    if function == "sum":
        return _plain(sum(numbers, Decimal(0)))
    if not numbers:
        return None
    made = {
        "avg": lambda: sum(numbers, Decimal(0)) / len(numbers),
        "min": lambda: min(numbers),
        "max": lambda: max(numbers),
    }
    return _plain(made[function]())


def _plain(value: Decimal) -> int | Decimal:
    # Whole results are written as whole numbers, unless writing them out would take more digits than it is worth.
    return int(value) if abs(value.adjusted()) < 60 and value == value.to_integral_value() else value


def _calculate(call: Call, operation: CalculateOperation) -> Any:
    return call.plain(calculate(operation.expression, call.scope, now=call.now, timezone=call.at.zone))


def _merge(call: Call, operation: MergeOperation) -> Any:
    parts = [call.look(path) for path in operation.sources]
    given = [part for part in parts if part is not None]
    if all(isinstance(part, Mapping) for part in given):
        return {key: value for part in given for key, value in part.items()}
    joined: list[Any] = []
    for path, part in zip(operation.sources, parts, strict=True):
        joined += [] if part is None else as_items(part, path)
        if len(joined) > MAX_ITEMS:
            raise StepFailed("too_large", f"The joined list has more than {MAX_ITEMS:,} items (MAX_ITEMS).")
    return joined


def _split(call: Call, operation: SplitOperation) -> Any:
    text = text_of(call.look(operation.source))
    if text is None:
        raise StepFailed("data", f"There is no text at {operation.source}.")
    parts = [part.strip() for part in text.split(operation.separator, MAX_ITEMS)]
    return [part for part in parts if part]


def _look_up(call: Call, operation: LookupOperation) -> Any:
    key = text_of(call.look(operation.source))
    return operation.default if key is None else operation.table.get(key, operation.default)


# Operation -> what it does. The pairs are right by construction, which a type cannot say.
OPERATIONS: dict[type[Operation], Callable[[Call, Any], Any]] = {
    SetOperation: _set,
    FormatOperation: _format,
    MapOperation: _map,
    FilterOperation: _filter,
    AggregateOperation: _aggregate,
    CalculateOperation: _calculate,
    MergeOperation: _merge,
    SplitOperation: _split,
    LookupOperation: _look_up,
}
