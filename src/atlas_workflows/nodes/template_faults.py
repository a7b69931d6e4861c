"""Templates and formulas inside parameters that cannot be read, or are too large to be rendered."""

from collections.abc import Iterable, Mapping
from typing import Any

from atlas_workflows.errors import AtlasError, ExpressionTooLarge
from atlas_workflows.expressions.formula import parse_formula
from atlas_workflows.expressions.templates import parse_template
from atlas_workflows.graph.catalogue import Fault
from atlas_workflows.nodes.faults import advice

_NOT_RENDERED = frozenset(
    {"extra", "original", "skip_unless", "condition", "filters", "break_when", "pattern"}
)


def template_faults(parameters: Mapping[str, Any]) -> list[Fault]:
    """Warnings, one per text: a placeholder that cannot be read stays as written when the text is rendered."""
    found: list[Fault] = []
    stack: list[tuple[str, Any]] = [
        item
        for item in parameters.items()
        if type(item[1]) in (str, dict, list) and item[0] not in _NOT_RENDERED
    ]
    while stack:
        where, value = stack.pop()
        if type(value) is str:
            if "{{" in value:
                found += _in_text(where, value)
        elif type(value) is dict:
            stack += [
                (f"{where}.{key}", item) for key, item in value.items() if type(item) in (str, dict, list)
            ]
        else:
            stack += [
                (f"{where}[{place}]", item)
                for place, item in enumerate(value)
                if type(item) in (str, dict, list)
            ]
    return found


def formula_faults(expression: str, field: str) -> Iterable[Fault]:
    """An error where the formula cannot be read."""
    try:
        parse_formula(expression)
    except AtlasError as error:
        yield Fault("WRONG_EXPRESSION", field, error.fact, error.remedy)


def _in_text(where: str, text: str) -> Iterable[Fault]:
    try:
        problems = parse_template(text).problems
    except ExpressionTooLarge as error:
        yield advice("TEMPLATE_TOO_LARGE", where, error.fact, error.remedy)
        return
    for problem in problems[:1]:
        yield advice("UNREADABLE_TEMPLATE", where, problem.fact, problem.remedy)
