"""What a trigger's parameters ask of an event, as conditions: the trace explains with them why nothing would have started."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from atlas_workflows.expressions.condition import parse_condition
from atlas_workflows.expressions.evaluate import Explanation, compile_condition, explain_at
from atlas_workflows.expressions.moment import Moment
from atlas_workflows.expressions.paths import MISSING, look_up, parse_path, print_path
from atlas_workflows.expressions.values import is_blank
from atlas_workflows.expressions.wording import decisive_leaves, why

_OPEN: tuple[Any, ...] = (None, "any", [], (), {})  # values that ask nothing

Condition = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """`condition(value)` is what a parameter asks; `paths` are where the answer may stand, the first that is there counts."""

    parameter: str
    paths: tuple[str, ...]
    condition: Callable[[str, Any], Condition]

    def asked(self, parameters: Mapping[str, Any], data: Mapping[str, Any]) -> "Asked | None":
        """The condition on this event; None where the parameter asks nothing."""
        value = parameters.get(self.parameter)
        if value in _OPEN:
            return None
        path = next((path for path in self.paths if _is_there(data, path)), None)
        unchecked = self.paths[:1] if path is None else ()
        return Asked(self.condition(path or self.paths[0], value), unchecked)


@dataclass(frozen=True, slots=True)
class Asked:
    """A condition on an event, and what the event would have to say for it and does not."""

    condition: Condition
    unchecked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """`reasons`: why the trigger would not have fired. `unchecked`: paths that the data does not hold.

    `failed` are the comparisons behind the reasons, with the values they saw.
    """

    reasons: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()
    failed: tuple[Explanation, ...] = ()

    def __add__(self, other: "Answer") -> "Answer":
        """Both: a trigger fires where neither has a reason against it."""
        return Answer(
            (*self.reasons, *other.reasons),
            (*self.unchecked, *other.unchecked),
            (*self.failed, *other.failed),
        )


def one_of(parameter: str, *paths: str) -> Question:
    """The value at the path is one of the parameter's."""
    return Question(parameter, paths, lambda path, value: _leaf(path, "in", value))


def one_of_either(parameter: str, *paths: str) -> Question:
    """The value at one of the paths is one of the parameter's."""

    def condition(_: str, value: Any) -> Condition:
        return {"operator": "or", "conditions": [_leaf(path, "in", value) for path in paths]}

    return Question(parameter, paths, condition)


def any_of(parameter: str, *paths: str) -> Question:
    """The list at the path shares a member with the parameter's."""
    return Question(parameter, paths, lambda path, value: _leaf(path, "has_any", value))


def same(parameter: str, *paths: str) -> Question:
    """The value at the path is the parameter's."""
    return Question(parameter, paths, lambda path, value: _leaf(path, "equals", value))


def at_least(parameter: str, *paths: str) -> Question:
    """The number at the path is the parameter's or more."""
    return Question(parameter, paths, lambda path, value: _leaf(path, "greater_than_or_equal", value))


def at_most(parameter: str, *paths: str) -> Question:
    """The number at the path is the parameter's or less."""
    return Question(parameter, paths, lambda path, value: _leaf(path, "less_than_or_equal", value))


def contains(parameter: str, *paths: str) -> Question:
    """The text at the path contains the parameter's."""
    return Question(parameter, paths, lambda path, value: _leaf(path, "contains", value))


def mentions(parameter: str, *paths: str) -> Question:
    """The text at the path holds one of the parameter's keywords as whole words."""

    def condition(path: str, value: Any) -> Condition:
        asked = [_leaf(path, "contains_words", keyword) for keyword in value if not is_blank(keyword)]
        return asked[0] if len(asked) == 1 else {"operator": "or", "conditions": asked}

    return Question(parameter, paths, condition)


def header_told(value: Any) -> str:
    """What an event says of a header that came as a trigger asks: the value, or where that is a secret the reference to it."""
    return f"secret {value.get('$secret')}" if isinstance(value, Mapping) else str(value)


def headers_as_asked(parameter: str) -> Question:
    """The call carried each of these headers with this value."""

    def condition(path: str, value: Any) -> Condition:
        asked = [
            _leaf(print_path((*parse_path(path), name.lower())), "has_any", [header_told(each)])
            for name, each in value.items()
        ]
        return {"operator": "and", "conditions": asked}

    return Question(parameter, ("trigger.headers",), condition)


def signed_if_asked(parameter: str) -> Question:
    """The call was signed, where that is asked; events from before they said so were."""

    def condition(_: str, value: Any) -> Condition:
        unsigned = [_leaf("trigger.signed", "is_false")] if value is True else []
        return {"operator": "not", "conditions": unsigned}

    return Question(parameter, ("trigger.endpoint_id",), condition)


def crosses_up(bound: Any, before: str, after: str) -> Condition:
    """From under the bound to it or over."""
    return {
        "operator": "and",
        "conditions": [_leaf(before, "less_than", bound), _leaf(after, "greater_than_or_equal", bound)],
    }


def crosses_down(bound: Any, before: str, after: str) -> Condition:
    """From the bound or over it to under it."""
    return {
        "operator": "and",
        "conditions": [_leaf(before, "greater_than_or_equal", bound), _leaf(after, "less_than", bound)],
    }


def filled(names: Iterable[str]) -> Iterator[Condition]:
    """The event holds a value under each of these names."""
    return (_leaf(print_path(("trigger", name)), "is_not_empty") for name in names)


def ask(
    questions: Iterable[Question],
    conditions: Iterable[Condition],
    parameters: Mapping[str, Any],
    data: Mapping[str, Any],
    at: Moment,
) -> Answer:
    """Whether an event lets a trigger fire. What the data does not say is no reason against it."""
    event = _with_change(data)
    asked = [found for question in questions if (found := question.asked(parameters, event)) is not None]
    wanted = [*asked, *(Asked(condition, _open_paths(condition, event)) for condition in conditions)]
    unchecked = [path for each in wanted for path in each.unchecked]
    answers = [held(each.condition, event, at) for each in wanted if not each.unchecked]
    return sum(answers, Answer(unchecked=tuple(dict.fromkeys(unchecked))))


def held(condition: Condition, data: Mapping[str, Any], at: Moment) -> Answer:
    """Whether a condition holds, as an answer with the comparisons that decided."""
    parsed = parse_condition(condition)
    if compile_condition(parsed)(data, at):
        return Answer()
    failed = decisive_leaves(explain_at(parsed, data, at))
    return Answer((why(parsed, data, at).removeprefix("No: "),), failed=tuple(failed))


def _with_change(data: Mapping[str, Any]) -> Mapping[str, Any]:
    trigger = data.get("trigger")
    if not isinstance(trigger, Mapping) or "change" in trigger:
        return data
    before, after = trigger.get("previous_score"), trigger.get("new_score")
    if not (isinstance(before, int | Decimal) and isinstance(after, int | Decimal)):
        return data
    return {**data, "trigger": {**trigger, "change": after - before}}


def _open_paths(condition: Condition, data: Mapping[str, Any]) -> tuple[str, ...]:
    # Whether something is filled in can be asked of every event that says anything.
    paths = ("trigger",) if condition.get("operator") == "is_not_empty" else tuple(_paths(condition))
    return tuple(path for path in paths if not _is_there(data, path))


def _paths(condition: Condition) -> Iterator[str]:
    if "field" in condition:
        yield condition["field"]
    for member in condition.get("conditions", ()):
        yield from _paths(member)


def _is_there(data: Mapping[str, Any], path: str) -> bool:
    found = look_up(data, parse_path(path))
    return found is not MISSING and found is not None


def _leaf(path: str, operator: str, value: Any = None) -> Condition:
    plain = list(value) if isinstance(value, tuple) else value
    return {"field": path, "operator": operator} | ({} if value is None else {"value": plain})
