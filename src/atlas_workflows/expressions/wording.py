"""An answer in words: which comparisons decided it, with the values they saw."""

from collections.abc import Callable
from typing import Any

from atlas_workflows.exact_json import dumps_text
from atlas_workflows.expressions.condition import Group, Leaf
from atlas_workflows.expressions.evaluate import (
    Explanation,
    Kept,
    actual_value,
    compile_condition,
    expected_value,
    explain_at,
    fit_to_show,
    is_computed,
    kept_beside,
)
from atlas_workflows.expressions.moment import Moment
from atlas_workflows.expressions.operators import Operand, Operator, operand_of
from atlas_workflows.expressions.paths import MISSING, Scope

MAX_REASONS = 3
MAX_SHOWN = 80


Decision = Callable[[Scope, Moment], tuple[bool, str]]


def why(condition: Group | Leaf, scope: Scope, at: Moment) -> str:
    """One sentence for people, such as `No: contact.score is 12, asked: greater than 50.`"""
    return decide(condition, scope, at)[1]


def decide(condition: Group | Leaf, scope: Scope, at: Moment) -> tuple[bool, str]:
    """Whether a condition holds, and `why`, asked once. A single comparison's sentence is made up beforehand."""
    if isinstance(condition, Leaf):
        return kept_beside(condition, _DECISIONS, _compile_decision)(scope, at)
    explanation = explain_at(condition, scope, at)
    return explanation.holds, _sentence(explanation)


_DECISIONS: Kept[Decision] = {}


def _compile_decision(leaf: Leaf) -> Decision:
    test, actual = compile_condition(leaf), actual_value(leaf)
    head, tail = f"{leaf.field} is ", _question(leaf)

    def decision(scope: Scope, at: Moment) -> tuple[bool, str]:
        holds = test(scope, at)
        answer = "Yes: " if holds else "No: "
        return holds, f"{answer}{head}{_shown(fit_to_show(actual(scope, at)))}{tail(scope, at)}."

    return decision


def _question(leaf: Leaf) -> Callable[[Scope, Moment], str]:
    """What a comparison asks, in words: the same every time, unless it compares with something of the scope."""
    asked, expected = f", asked: {leaf.operator.value.replace('_', ' ')}", expected_value(leaf)
    if operand_of(leaf.operator) is Operand.NONE:
        return lambda _scope, _at: asked
    if leaf.type is None and not is_computed(leaf):
        constant = f"{asked} {_shown(leaf.value)}"
        return lambda _scope, _at: constant
    return lambda scope, at: f"{asked} {_shown(expected(scope, at))}"


def _sentence(explanation: Explanation) -> str:
    decisive = decisive_leaves(explanation)
    said = "; ".join(_comparison(leaf) for leaf in decisive[:MAX_REASONS])
    more = len(decisive) - MAX_REASONS
    answer = "Yes" if explanation.holds else "No"
    return f"{answer}: {said or 'nothing was asked'}{f'; and {more} more' if more > 0 else ''}."


def decisive_leaves(explanation: Explanation) -> list[Explanation]:
    """The comparisons without which the answer could have been another."""
    if explanation.field is not None:
        return [explanation]
    settled_by_one = {"and": False, "or": True, "not": False}[explanation.operator]
    wanted = explanation.holds if explanation.operator != "not" else not explanation.holds
    found = [member for member in explanation.members if member.holds is wanted]
    chosen = found[:1] if explanation.holds is settled_by_one else found
    return [leaf for member in chosen for leaf in decisive_leaves(member)]


def _comparison(leaf: Explanation) -> str:
    operator = Operator(leaf.operator)
    asked = operator.value.replace("_", " ")
    value = "" if operand_of(operator) is Operand.NONE else f" {_shown(leaf.expected)}"
    return f"{leaf.field} is {_shown(leaf.actual)}, asked: {asked}{value}"


def _shown(value: Any) -> str:
    if value is MISSING or value is None:
        return "not set"
    try:
        text = dumps_text(value)
    except (TypeError, ValueError, RecursionError):
        text = str(value) if hasattr(value, "isoformat") else "unreadable"
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"
