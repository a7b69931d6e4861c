"""What the old application did to a workflow at each save; it spoils content for good, which is the point here."""

import re
from typing import Any

NODE_TYPES = frozenset(
    {"trigger", "action", "condition", "wait", "loop", "transform", "filter", "webhook", "email", "sms"}
)
LONGEST_ARRAY, LARGEST_OBJECT, FARTHEST = 1000, 100, 10000
_EVENT_HANDLER = re.compile(r"on\w+\s*=", re.IGNORECASE)
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;", "/": "&#x2F;"}
_ESCAPED = re.compile("[&<>\"'/]")


def escape(text: str) -> str:
    """HTML-escape a name or description, once more at every save."""
    return _ESCAPED.sub(lambda match: _ENTITIES[match.group()], text)


def strip_document(value: Any) -> Any:
    """Take angle brackets and on…= out of every string, and cut long arrays and wide objects."""
    match value:
        case str():
            return _EVENT_HANDLER.sub("", value.replace("<", "").replace(">", ""))
        case list():
            return [strip_document(item) for item in value[:LONGEST_ARRAY]]
        case dict():
            return {key: strip_document(item) for key, item in list(value.items())[:LARGEST_OBJECT]}
    return value


def accepts(nodes: Any, edges: Any) -> bool:
    """Whether the save API takes the graph at all: arrays of objects, nodes of the ten types it knows."""
    return (
        isinstance(nodes, list)
        and isinstance(edges, list)
        and all(isinstance(node, dict) and node.get("type") in NODE_TYPES for node in nodes)
        and all(isinstance(edge, dict) for edge in edges)
    )


def saved_node(node: dict[str, Any]) -> dict[str, Any]:
    """A node as it is stored: stripped, its place clamped to the canvas."""
    kept: dict[str, Any] = strip_document(node)
    position = kept.get("position")
    if isinstance(position, dict):
        kept["position"] = {axis: _clamp(position.get(axis)) for axis in ("x", "y")}
    return kept


def saved_edge(edge: dict[str, Any]) -> dict[str, Any]:
    """An edge as it is stored: five keys, so that data.branch is lost."""
    return {key: edge.get(key) for key in ("id", "source", "target", "sourceHandle", "targetHandle")}


def saved_variables(variables: Any) -> list[Any]:
    """Only arrays are taken; the builder sends an object, so its variables are wiped."""
    stripped: list[Any] = strip_document(variables) if isinstance(variables, list) else []
    return stripped


def _clamp(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return min(max(value, 0), FARTHEST)
