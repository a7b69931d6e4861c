"""Makes data out of data."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import Field

from atlas_workflows.graph.catalogue import Effect, Fault
from atlas_workflows.nodes.fields import Condition, DataPath, Text, VariableName
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import Parameters
from atlas_workflows.nodes.template_faults import formula_faults

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


class TransformParameters(Parameters):
    operations: list[AnyOperation] = Field(description="Operations, one after the other.")
    output: VariableName | None = Field(None, description="Variable that takes the last result as well.")


def review(parameters: TransformParameters) -> Iterable[Fault]:
    if not parameters.operations:
        message = "The transform has no operations, so it does nothing."
        yield Fault("MISSING_OPERATIONS", "operations", message, "Add an operation, or remove the node.")
    for place, operation in enumerate(parameters.operations):
        if isinstance(operation, CalculateOperation):
            yield from formula_faults(operation.expression, f"operations[{place}].expression")


NODE = NodeType(
    name="transform",
    title="Transform",
    category="data",
    documentation="Makes data out of data, one operation after the other; each writes a variable. No code is executed.",
    parameters=TransformParameters,
    effect=Effect.NONE,
    idempotency="Nothing is done to the world; the result depends on the data alone.",
    missing_codes={"operations": "MISSING_OPERATIONS"},
    review=review,
)
