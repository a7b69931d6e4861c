"""Documents of v1: what a change makes of one, what it must not wipe, and whether nodes were only moved. Pure."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from atlas_workflows.api.manners.problems import HttpProblem

FIELDS = ("nodes", "edges", "variables", "trigger_type", "trigger_config", "settings")
EMPTY: Mapping[str, Any] = {
    "nodes": [], "edges": [], "variables": {}, "trigger_type": None, "trigger_config": {}, "settings": {},
}  # fmt: skip
FURTHEST = 1_000_000  # pixels from the origin; what is farther is drawn anew
# What the canvas keeps at a node for itself.
DRAWN = frozenset({"position", "positionAbsolute", "selected", "dragging", "width", "height"})
# Emptied by a slip more often than on purpose: the old builder sent these empty at every save.
_GUARDED = ("nodes", "variables", "trigger_type", "trigger_config", "settings")


def changed(before: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
    """The document with what was sent in place of what it said. Raises HttpProblem where something would be wiped."""
    for name in _GUARDED:
        if name in sent and sent[name] in (None, [], {}, "") and before[name]:
            fact = f"{name} is empty here and was not before: nothing is wiped by v1."
            remedy = 'Leave it out to keep it; to remove a filter name it, such as {"source": "all"}.'
            raise refused([{"code": "WOULD_BE_WIPED", "field": name, "message": fact}], remedy)
    after = {**before, **sent}
    if not after["edges"] and _joins(before["edges"], after["nodes"]):
        fact = "edges is empty here and was not before, and the nodes that they join are there still: nothing is wiped by v1."
        told = {"code": "WOULD_BE_WIPED", "field": "edges", "message": fact}
        raise refused([told], "Leave it out to keep it; to part the last nodes remove one of them.")
    return after


def moves(before: Mapping[str, Any], after: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Positions by node id where nothing else differs; None where something does, or a position is none. Both hold lists of objects."""
    if any(before[name] != after[name] for name in FIELDS if name != "nodes"):
        return None
    if [_undrawn(node) for node in before["nodes"]] != [_undrawn(node) for node in after["nodes"]]:
        return None
    if not all(_only_draws(old, new) for old, new in zip(before["nodes"], after["nodes"], strict=True)):
        return None
    return {
        str(node.get("id")): node["position"] for node in after["nodes"] if _is_position(node.get("position"))
    }


def moved(definition: Mapping[str, Any], positions: Mapping[str, Any]) -> dict[str, Any]:
    """The definition with its steps drawn elsewhere; a draft may hold anything, and what is no step stays."""
    steps = {
        name: [_drawn(step, positions) for step in definition[name]]
        for name in ("triggers", "nodes")
        if isinstance(definition.get(name), list)
    }
    return {**definition, **steps}


def refused(problems: list[dict[str, Any]], remedy: str = "Correct it and send it again.") -> HttpProblem:
    """The refusal of a document (400), named after the first thing that is wrong with it."""
    first = problems[0]
    many = f" And {len(problems) - 1} more." if len(problems) > 1 else ""
    told = [{"remedy": remedy, **each} for each in problems]
    return HttpProblem(
        "invalid", f"{first['code']}: {first['message']}{many}", remedy=remedy, field=first["field"], problems=told
    )  # fmt: skip


def require_storable(value: Any, path: str) -> None:
    """Raise HttpProblem for a text that PostgreSQL cannot keep."""
    for where, text in _texts(value, path):
        if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
            told = {
                "code": "TEXT_NOT_STORABLE",
                "field": where,
                "message": "It holds NUL or a lone surrogate.",
            }
            raise refused([told], "Leave it out.")


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield path, key
            yield from _texts(item, f"{path}.{key}"[:200])
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from _texts(item, f"{path}[{at}]")


def _joins(edges: Any, nodes: Any) -> bool:
    """Whether an edge has both its ends among the nodes."""
    there = {str(node.get("id")) for node in nodes}
    return any(
        isinstance(edge, dict) and {str(edge.get("source")), str(edge.get("target"))} <= there
        for edge in edges
    )


def _only_draws(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether all that differs of what the canvas keeps is a place, a size or a mark, and nothing that could hold more."""
    differing = {name: new.get(name) for name in DRAWN if old.get(name) != new.get(name)}
    return all(
        _is_position(value) if name in ("position", "positionAbsolute") else _is_plain(value)
        for name, value in differing.items()
    )


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float | Decimal)


def _undrawn(node: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in node.items() if name not in DRAWN}


def _drawn(step: Any, positions: Mapping[str, Any]) -> Any:
    found = positions.get(str(step.get("id"))) if isinstance(step, dict) else None
    return step if found is None else {**step, "position": {"x": found["x"], "y": found["y"]}}


def _is_position(found: Any) -> bool:
    return (
        isinstance(found, dict)
        and set(found) == {"x", "y"}
        and all(
            isinstance(value, int | float | Decimal) and -FURTHEST <= value <= FURTHEST
            for value in found.values()
        )
    )
