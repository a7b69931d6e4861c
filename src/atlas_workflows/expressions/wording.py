"""An answer in words: which comparisons decided it, with the values they saw."""

from typing import Any

from atlas_workflows.exact_json import dumps_text
from atlas_workflows.expressions.condition import Group, Leaf
from atlas_workflows.expressions.evaluate import Explanation, explain_at
from atlas_workflows.expressions.moment import Moment
from atlas_workflows.expressions.operators import Operand, Operator, operand_of
from atlas_workflows.expressions.paths import MISSING, Scope

MAX_REASONS = 3
MAX_SHOWN = 80


def why(condition: Group | Leaf, scope: Scope, at: Moment) -> str:
    """One sentence for people, such as `No: contact.score is 12, asked: greater than 50.`"""
    explanation = explain_at(condition, scope, at)
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
