"""Templates, formulas, paths and patterns inside parameters that cannot be read, or are too large."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from atlas_workflows.errors import AtlasError, ExpressionTooLarge
from atlas_workflows.expressions.formula import parse_formula
from atlas_workflows.expressions.paths import parse_path
from atlas_workflows.expressions.patterns import compile_pattern
from atlas_workflows.expressions.templates import parse_template
from atlas_workflows.graph.catalogue import Fault
from atlas_workflows.nodes.faults import advice

_NOT_RENDERED = frozenset(
    {"extra", "original", "skip_unless", "condition", "filters", "break_when", "pattern"}
)

_CONTAINERS = frozenset({dict, list})
_SCANNED = frozenset({dict, list, str})
_SHORT = 2_000  # characters of texts whose answer is kept


def template_faults(parameters: Mapping[str, Any]) -> list[Fault]:
    """Warnings, one per text: a placeholder that cannot be read stays as written when the text is rendered."""
    found: list[Fault] = []
    stack: list[tuple[str, Any]] = []
    for name, value in parameters.items():
        if type(value) is str:
            if "{{" in value and name not in _NOT_RENDERED:
                found += _in_text(name, value)
        elif value and type(value) in _CONTAINERS and name not in _NOT_RENDERED:
            stack.append((name, value))
    while stack:
        where, value = stack.pop()
        if type(value) is str:
            if "{{" in value:
                found += _in_text(where, value)
        elif type(value) is dict:
            stack += [(f"{where}.{key}", item) for key, item in value.items() if type(item) in _SCANNED]
        else:
            stack += [
                (f"{where}[{place}]", item) for place, item in enumerate(value) if type(item) in _SCANNED
            ]
    return found


def formula_faults(expression: str, field: str) -> Iterable[Fault]:
    """An error where the formula cannot be read."""
    try:
        parse_formula(expression)
    except AtlasError as error:
        yield Fault("WRONG_EXPRESSION", field, error.fact, error.remedy)


def path_faults(path: str | None, field: str) -> Iterable[Fault]:
    """An error where the path cannot be read; the step could only fail."""
    try:
        if path is not None:
            parse_path(path)
    except AtlasError as error:
        yield Fault("WRONG_PATH", field, error.fact, error.remedy)


def pattern_faults(pattern: str | None, field: str) -> Iterable[Fault]:
    """An error where the regular expression is blank, cannot be read, or not in linear time."""
    if pattern is not None and not pattern.strip():
        yield Fault("WRONG_PATTERN", field, "A blank pattern would fit everything.", f"Give {field}.")
        return
    try:
        if pattern is not None:
            compile_pattern(pattern)
    except AtlasError as error:
        yield Fault("WRONG_PATTERN", field, error.fact, error.remedy)


def _in_text(where: str, text: str) -> Iterable[Fault]:
    found = _short_fault(text) if len(text) <= _SHORT else _fault(text)
    return () if found is None else (advice(found[0], where, found[1], found[2]),)


def _fault(text: str) -> tuple[str, str, str] | None:
    try:
        problems = parse_template(text).problems
    except ExpressionTooLarge as error:
        return "TEMPLATE_TOO_LARGE", error.fact, error.remedy
    return ("UNREADABLE_TEMPLATE", problems[0].fact, problems[0].remedy) if problems else None


# The same few texts come again and again, in the copies and versions of one workflow.
_short_fault = lru_cache(maxsize=4096)(_fault)
