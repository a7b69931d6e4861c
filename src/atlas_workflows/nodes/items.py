"""Lists out of an execution's data, with a bound."""

from collections.abc import Mapping
from typing import Any

from atlas_workflows.engine.behaviour import Call, StepFailed

MAX_ITEMS = 10_000


def items_at(call: Call, path: str) -> list[Any]:
    """The list at a path; raises StepFailed where there is none, or one of more than MAX_ITEMS."""
    return as_items(call.look(path), path)


def as_items(found: Any, path: str) -> list[Any]:
    """`found` as a list; an object counts as its values."""
    if isinstance(found, Mapping):
        found = list(found.values())
    if not isinstance(found, list | tuple):
        raise StepFailed("data", f"There is no list at {path}.")
    if len(found) > MAX_ITEMS:
        raise StepFailed("too_large", f"The list at {path} has more than {MAX_ITEMS:,} items (MAX_ITEMS).")
    return list(found)


def tags_of(contact: Mapping[str, Any]) -> list[Any]:
    """The tags a contact is known to carry."""
    tags = contact.get("tags")
    return list(tags) if isinstance(tags, list | tuple) else []
