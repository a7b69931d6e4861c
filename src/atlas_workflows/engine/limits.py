"""What one execution may cost at most; beyond it the execution fails and says which limit it was."""

from collections.abc import Iterable
from typing import Any

MAX_STEPS = 10_000  # attempts and rounds of loops together
MAX_TOKENS = 1_000  # places at which one execution can be at once
MAX_EVENTS_KEPT = 200  # for waits that look back
MAX_VALUE_DEPTH = 50
MAX_STORED = 20_000_000  # characters of all outputs, variables and contents together, a member counting as 20
MAX_NESTED_WORKFLOWS = 10
_MEMBER = 20


_PLAIN = frozenset({bool, int, float, type(None)})


def weight(value: Any, limit: int) -> int | None:
    """Size of a JSON value in characters; None where it passes `limit` or lies deeper than MAX_VALUE_DEPTH."""
    total, level = _MEMBER + (len(value) if isinstance(value, str) else 0), [value]
    for left in range(MAX_VALUE_DEPTH - 1, -1, -1):
        inner: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                total += sum(map(len, item))
                members: Iterable[Any] = item.values()
            elif isinstance(item, list | tuple):
                members = item
            else:
                continue
            for member in members:
                if not left:
                    return None
                total += _MEMBER
                kind = type(member)
                if kind is str or isinstance(member, str):
                    total += len(member)
                elif kind not in _PLAIN:
                    inner.append(member)
            if total > limit:
                return None
        if not inner:
            return total if total <= limit else None
        level = inner
    return None
