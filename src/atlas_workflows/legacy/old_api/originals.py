"""The document that a migrated row was, where its columns say it plainly."""

from collections.abc import Mapping
from typing import Any

from atlas_workflows.errors import InvalidJson
from atlas_workflows.exact_json import loads

_DEFAULTS: Mapping[str, Any] = {
    "nodes": [], "edges": [], "variables": {}, "trigger_type": None, "trigger_config": {}, "settings": {},
}  # fmt: skip
_KINDS: Mapping[str, tuple[type, ...]] = {
    "nodes": (list,), "edges": (list,), "variables": (list, dict), "trigger_config": (dict,), "settings": (dict,),
}  # fmt: skip


def document_of_row(columns: Mapping[str, str | None]) -> dict[str, Any] | None:
    """What the old API would have shown of a row of workflows with a graph; None where its graph cannot be told."""
    found = {name: _read(columns.get(name)) for name in _DEFAULTS if name != "trigger_type"}
    data = _read(columns.get("workflow_data"))
    if isinstance(data, dict):
        found |= {name: data[name] for name in ("nodes", "edges", "variables") if name in data}
    if not _is_graph(found["nodes"], found["edges"]):
        return None
    known = {name: value for name, value in found.items() if isinstance(value, _KINDS[name])}
    return {**_DEFAULTS, **known, "trigger_type": columns.get("trigger_type")}


def _is_graph(nodes: Any, edges: Any) -> bool:
    return all(
        isinstance(each, list) and all(isinstance(entry, dict) for entry in each) for each in (nodes, edges)
    )


def _read(text: str | None) -> Any:
    try:
        return None if text is None else loads(text)
    except InvalidJson:
        return None
