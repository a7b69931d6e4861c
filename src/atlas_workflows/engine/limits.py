"""What one execution may cost at most; beyond it the execution fails and says which limit it was."""

from typing import Any

MAX_STEPS = 10_000  # attempts and rounds of loops together
MAX_TOKENS = 1_000  # places at which one execution can be at once
MAX_EVENTS_KEPT = 200  # for waits that look back
MAX_VALUE_DEPTH = 50
MAX_STORED = 20_000_000  # characters of all outputs, variables and contents together, a member counting as 20
MAX_NESTED_WORKFLOWS = 10
_MEMBER = 20


def weight(value: Any, limit: int) -> int | None:
    """Size of a JSON value in characters; None where it passes `limit` or lies deeper than MAX_VALUE_DEPTH."""
    total, level = 0, [value]
    for _ in range(MAX_VALUE_DEPTH):
        inner: list[Any] = []
        for item in level:
            total += _MEMBER
            kind = type(item)
            if kind is str:
                total += len(item)
            elif kind is dict or isinstance(item, dict):
                total += sum(map(len, item))
                inner += item.values()
            elif kind is list or isinstance(item, list | tuple):
                inner += item
            elif isinstance(item, str):
                total += len(item)
            if total + _MEMBER * len(inner) > limit:
                return None
        if not inner:
            return total
        level = inner
    return None
