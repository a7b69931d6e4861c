"""JSON values with a number each, the same for equal ones: whether two large ones are alike is then one comparison. Pure."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Tree:
    """A value, its number, and what is in it: `members` of an object, `items` of a list."""

    value: Any
    number: int
    members: Mapping[str, "Tree"] | None = None
    items: Sequence["Tree"] | None = None


class Numbers:
    """Gives out the numbers. Every value is looked at once, after what is in it: comparing at each depth anew would cost depth times size."""

    def __init__(self) -> None:
        self._known: dict[Hashable, int] = {}

    def read(self, value: Any) -> Tree:
        """A value as JSON has it; true is not 1, and 1.0 is."""
        if isinstance(value, dict):
            members = {key: self.read(member) for key, member in value.items()}
            number = self._of(("object", frozenset((key, tree.number) for key, tree in members.items())))
            return Tree(value, number, members=members)
        if isinstance(value, list):
            items = [self.read(item) for item in value]
            return Tree(value, self._of(("list", tuple(tree.number for tree in items))), items=items)
        kind = (
            "word"
            if value is None or isinstance(value, bool)
            else "text"
            if isinstance(value, str)
            else "number"
        )
        return Tree(value, self._of((kind, value)))

    def _of(self, content: Hashable) -> int:
        return self._known.setdefault(content, len(self._known))
