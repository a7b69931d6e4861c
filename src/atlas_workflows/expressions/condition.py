"""The condition model: groups of and, or, not over leaves; checked and bounded where JSON enters."""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from atlas_workflows.errors import ExpressionInvalid
from atlas_workflows.expressions import limits
from atlas_workflows.expressions.operands import check_operand
from atlas_workflows.expressions.operators import Operator
from atlas_workflows.expressions.paths import parse_path


class ValueType(StrEnum):
    """As what both sides are read before they are compared."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    BOOLEAN = "boolean"
    LIST = "list"


class Leaf(BaseModel):
    """One comparison of the value at `field` with `value`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    field: str = Field(description="Path of the value, for example contact.status.")
    operator: Operator
    value: Any = Field(
        default=None,
        validate_default=True,
        description="What to compare with; its shape depends on the operator.",
    )
    case_sensitive: bool = False
    type: ValueType | None = Field(default=None, description="Reads both sides as this type first.")

    @field_validator("field")
    @classmethod
    def _is_path(cls, field: str) -> str:
        try:
            parse_path(field)
        except ExpressionInvalid as cause:
            raise ValueError(cause.fact) from cause
        return field

    @field_validator("value")
    @classmethod
    def _fits_operator(cls, value: Any, info: ValidationInfo) -> Any:
        operator = info.data.get("operator")  # not there where it is none
        try:
            if operator is not None:
                check_operand(operator, value)
        except ExpressionInvalid as cause:
            raise ValueError(cause.fact) from cause
        return value


class Group(BaseModel):
    """`and`: all hold; `or`: at least one holds; `not`: none holds. An empty `and` or `not` holds, an empty `or` does not."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    operator: Literal["and", "or", "not"]
    conditions: tuple["Node", ...]


def _tag(value: Any) -> str:
    conditions = value.get("conditions") if isinstance(value, dict) else getattr(value, "conditions", None)
    return "leaf" if conditions is None else "group"


Node = Annotated[Annotated[Group, Tag("group")] | Annotated[Leaf, Tag("leaf")], Discriminator(_tag)]


def check_bounds(value: Any) -> Any:
    """The value itself, once it is known to be neither too deep nor too large; raises ExpressionTooLarge."""
    level, depth, leaves = [value], 0, 0
    while level:
        limits.refuse_beyond(
            limits.MAX_CONDITION_DEPTH, "MAX_CONDITION_DEPTH", depth, "The nesting of the condition"
        )
        inner: list[Any] = []
        for node in level:
            members = node.get("conditions") if isinstance(node, dict) else None
            if isinstance(members, list | tuple):
                inner += members
            leaves += 1
        limits.refuse_beyond(limits.MAX_CONDITION_LEAVES, "MAX_CONDITION_LEAVES", leaves, "The condition")
        level, depth = inner, depth + 1
    return value


def _bounded(value: Any) -> Any:
    try:
        return check_bounds(value)
    except ExpressionInvalid as cause:
        raise ValueError(cause.fact) from cause


# The type for parameter models: `condition: Condition`.
Condition = Annotated[Node, BeforeValidator(_bounded)]
_ADAPTER: TypeAdapter[Group | Leaf] = TypeAdapter(Condition)


def parse_condition(raw: Any) -> Group | Leaf:
    """The condition in a JSON value; raises ExpressionInvalid naming the field that is wrong."""
    if isinstance(raw, Group | Leaf):
        return raw
    check_bounds(raw)
    try:
        return _ADAPTER.validate_python(raw)
    except ValidationError as cause:
        raise _refusal(cause) from cause


def print_condition(condition: Group | Leaf) -> dict[str, Any]:
    """The JSON form, without defaults; the inverse of `parse_condition`."""
    if isinstance(condition, Group):
        return {
            "operator": condition.operator,
            "conditions": [print_condition(c) for c in condition.conditions],
        }
    printed: dict[str, Any] = {"field": condition.field, "operator": condition.operator.value}
    if condition.value is not None:
        printed["value"] = condition.value
    if condition.case_sensitive:
        printed["case_sensitive"] = True
    if condition.type is not None:
        printed["type"] = condition.type.value
    return printed


def leaves(condition: Group | Leaf) -> list[Leaf]:
    """Every comparison of a condition, from left to right."""
    if isinstance(condition, Leaf):
        return [condition]
    return [leaf for member in condition.conditions for leaf in leaves(member)]


def _refusal(cause: ValidationError) -> ExpressionInvalid:
    first = cause.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"] if part not in ("group", "leaf")) or "condition"
    return ExpressionInvalid(
        f"The condition is wrong at {place}: {first['msg'].removeprefix('Value error, ')}",
        remedy="See the truth table in docs/reference/expressions.md for operators and their values.",
        field=place,
    )
