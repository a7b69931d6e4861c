"""What differs between two definitions, part by part and by id; a step that was only moved is told apart. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# Part of a document -> what its members go by.
PARTS = {"triggers": "id", "nodes": "id", "edges": "id", "variables": "name"}
ABOUT = ("name", "description", "tags", "settings")
LAYOUT = "position"


@dataclass(frozen=True, slots=True)
class Difference:
    """`kind`: added, removed, changed or moved; `fields` name what was and what is, for what changed or moved."""

    kind: str
    part: str
    id: str
    fields: Mapping[str, tuple[Any, Any]]


def differences(before: Any, after: Any) -> list[Difference]:
    """In the order of the parts, then of the ids; empty for two that mean and look the same."""
    old, new = _object(before), _object(after)
    found = [
        each for part, key in PARTS.items() for each in _part(part, _by(old, part, key), _by(new, part, key))
    ]
    about = _changed({name: old.get(name) for name in ABOUT}, {name: new.get(name) for name in ABOUT})
    return [*found, Difference("changed", "workflow", "", about)] if about else found


def _part(part: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    for named in sorted(old.keys() | new.keys()):
        if named not in new:
            yield Difference("removed", part, named, {})
        elif named not in old:
            yield Difference("added", part, named, {})
        elif fields := _changed(_object(old[named]), _object(new[named])):
            yield Difference("moved" if set(fields) == {LAYOUT} else "changed", part, named, fields)


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    names = sorted(old.keys() | new.keys())
    return {
        name: (old.get(name), new.get(name))
        for name in names
        if old.get(name) != new.get(name) or (name in old) != (name in new)
    }


def _by(document: Mapping[str, Any], part: str, key: str) -> dict[str, Any]:
    """The members of a part by what they go by; one without it, or the second of its name, by its place."""
    members = document.get(part)
    found: dict[str, Any] = {}
    for place, member in enumerate(members if isinstance(members, list) else ()):
        named = member.get(key) if isinstance(member, Mapping) else None
        free = isinstance(named, str) and named not in found
        found[str(named) if free else f"#{place}"] = member
    return found


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
