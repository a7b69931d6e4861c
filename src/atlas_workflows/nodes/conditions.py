"""Whether a parameter has the form of a condition: groups of leaves, each with a field and an operator."""

from typing import Any

from pydantic_core import PydanticCustomError

OPERATORS = frozenset(
    ["equals", "not_equals", "strict_equals", "strict_not_equals", "greater_than", "greater_than_or_equal", "less_than", "less_than_or_equal", "between", "contains", "not_contains", "starts_with", "ends_with", "in", "not_in", "exists", "not_exists", "is_empty", "is_not_empty", "is_null", "is_not_null", "is_true", "is_false", "matches_regex", "before", "after", "days_ago_less_than", "days_ago_greater_than", "has_tag", "not_has_tag", "has_any", "has_all", "within", "not_within", "exactly"]
)
_GROUPS = ("and", "or", "not")
_LEAF_FIELDS = frozenset({"field", "operator", "value", "case_sensitive", "type"})


def check_condition(condition: dict[str, Any]) -> dict[str, Any]:
    """The condition itself; raises PydanticCustomError naming what is missing."""
    stack: list[Any] = [condition]
    while stack:
        part = stack.pop()
        if type(part) is not dict:
            raise PydanticCustomError("WRONG_CONDITION", "A condition is an object.")
        if "conditions" in part:
            stack += _members(part)
        else:
            _check_leaf(part)
    return condition


def _members(group: dict[str, Any]) -> list[Any]:
    members = group["conditions"]
    if group.get("operator") not in _GROUPS:
        raise PydanticCustomError(
            "INCOMPLETE_CONDITION", "A group of conditions needs the operator and, or, or not."
        )
    if type(members) is not list or not members:
        raise PydanticCustomError(
            "INCOMPLETE_CONDITION", "A group of conditions needs at least one condition."
        )
    if group["operator"] == "not" and len(members) != 1:
        raise PydanticCustomError(
            "WRONG_CONDITION", "A group with the operator not holds exactly one condition."
        )
    return members


def _check_leaf(leaf: dict[str, Any]) -> None:
    field = leaf.get("field")
    if type(field) is not str or not field.strip():
        raise PydanticCustomError(
            "INCOMPLETE_CONDITION", "A condition does not name the field that it asks about."
        )
    operator = leaf.get("operator")
    if operator not in OPERATORS:
        said = "has no operator" if operator in (None, "") else "has an operator that does not exist"
        context = {"field": field[:80], "said": said}
        raise PydanticCustomError("INCOMPLETE_CONDITION", "The condition on {field} {said}.", context)
    if not leaf.keys() <= _LEAF_FIELDS:
        context = {"field": field[:80], "name": min(leaf.keys() - _LEAF_FIELDS)[:80]}
        raise PydanticCustomError(
            "WRONG_CONDITION", "The condition on {field} has an unknown field {name}.", context
        )
