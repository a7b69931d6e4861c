"""The published JSON Schema of the workflow format, with the parameters of every type."""

from collections.abc import Iterable
from typing import Any

from pydantic.json_schema import models_json_schema

from atlas_workflows.graph.limits import (
    MAX_EDGES,
    MAX_ID_LENGTH,
    MAX_NAME_LENGTH,
    MAX_NODES,
    MAX_TRIGGERS,
    MAX_VARIABLES,
)
from atlas_workflows.graph.model import FORMAT, ErrorMode
from atlas_workflows.nodes.catalogue import NodeCatalogue
from atlas_workflows.nodes.node_type import NodeType, TriggerType

_ID = {"type": "string", "minLength": 1, "maxLength": MAX_ID_LENGTH}
_NAME = {"type": "string", "maxLength": MAX_NAME_LENGTH}
_TEXT = {"type": "string"}
_FLAG = {"type": "boolean"}
_ERROR_MODE = {"enum": [mode.value for mode in ErrorMode]}


def format_schema(catalogue: NodeCatalogue) -> dict[str, Any]:
    """JSON Schema (2020-12) of a workflow document."""
    kinds: list[NodeType | TriggerType] = [*catalogue.nodes.values(), *catalogue.triggers.values()]
    models = list(dict.fromkeys(kind.parameters for kind in kinds))
    references, shared = models_json_schema([(model, "validation") for model in models])
    definitions = {name: _without_titles(part) for name, part in shared["$defs"].items()}
    definitions |= {"Node": _step_schema(catalogue.nodes.values(), _NODE_FIELDS, references)}
    definitions |= {"Trigger": _step_schema(catalogue.triggers.values(), {}, references)}
    definitions |= {
        "Edge": _EDGE,
        "Variable": _VARIABLE,
        "Settings": _SETTINGS,
        "Retry": _RETRY,
        "Position": _POSITION,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://atlas-workflows.dev/schema/workflow-1.json",
        "title": f"Workflow ({FORMAT})",
        "type": "object",
        "required": ["id", "name"],
        "additionalProperties": False,
        "properties": _PROPERTIES,
        "$defs": dict(sorted(definitions.items())),
    }


def _step_schema(
    kinds: Iterable[NodeType | TriggerType], fields: dict[str, Any], references: Any
) -> dict[str, Any]:
    kinds = list(kinds)
    rules = [
        {
            "if": {"properties": {"type": {"const": kind.name}}},
            "then": {"properties": {"parameters": references[kind.parameters, "validation"]}},
        }
        for kind in kinds
    ]
    return {
        "type": "object",
        "required": ["id", "type"],
        "additionalProperties": False,
        "properties": {
            "id": _ID,
            "type": {"enum": [kind.name for kind in kinds]},
            "version": {"type": "integer", "minimum": 1, "default": 1},
            "name": _NAME,
            "parameters": {"type": "object"},
            "enabled": {**_FLAG, "default": True},
            "position": {"anyOf": [{"$ref": "#/$defs/Position"}, {"type": "null"}]},
            "notes": _TEXT,
            **fields,
        },
        "allOf": rules,
    }


def _without_titles(schema: Any) -> Any:
    # Pydantic repeats every field's name as its title, which a third of the file would be made of.
    if isinstance(schema, dict):
        return {
            key: _without_titles(value)
            for key, value in schema.items()
            if not (key == "title" and isinstance(value, str))
        }
    return [_without_titles(item) for item in schema] if isinstance(schema, list) else schema


def _list(name: str, limit: int) -> dict[str, Any]:
    return {"type": "array", "items": {"$ref": f"#/$defs/{name}"}, "maxItems": limit}


def _object(required: list[str], properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": required, "additionalProperties": False, "properties": properties}


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


_PROPERTIES = {
    "format": {"const": FORMAT},
    "id": _ID,
    "name": _NAME,
    "organization_id": _nullable(_ID),
    "description": _TEXT,
    "triggers": _list("Trigger", MAX_TRIGGERS),
    "nodes": _list("Node", MAX_NODES),
    "edges": _list("Edge", MAX_EDGES),
    "variables": _list("Variable", MAX_VARIABLES),
    "settings": {"$ref": "#/$defs/Settings"},
    "tags": {"type": "array", "items": _NAME},
}
_NODE_FIELDS = {
    "on_error": _nullable(_ERROR_MODE),
    "retry": _nullable({"$ref": "#/$defs/Retry"}),
    "timeout_seconds": _nullable({"type": "number", "minimum": 0.001, "maximum": 86_400}),
}
_EDGE = _object(
    ["id", "source", "target"],
    {
        "id": _ID,
        "source": _ID,
        "source_port": {**_ID, "default": "main"},
        "target": _ID,
        "target_port": {**_ID, "default": "main"},
    },
)
_VARIABLE = _object(
    ["name"],
    {
        "name": _ID,
        "type": {
            "enum": ["string", "number", "boolean", "date", "array", "object", "any"],
            "default": "string",
        },
        "default": {},
        "description": _TEXT,
        "scope": {"enum": ["global", "workflow", "execution"], "default": "workflow"},
        "required": {**_FLAG, "default": False},
        "secret": {**_FLAG, "default": False},
    },
)
_RETRY = _object(
    [],
    {
        "attempts": {"type": "integer", "minimum": 1, "maximum": 20, "default": 3},
        "backoff": {"enum": ["fixed", "linear", "exponential"], "default": "exponential"},
        "delay_seconds": {"type": "number", "minimum": 0, "maximum": 86_400, "default": 1},
        "max_delay_seconds": {"type": "number", "minimum": 0, "maximum": 604_800, "default": 30},
        "jitter": {**_FLAG, "default": False},
        "retry_on": {"type": "array", "items": _NAME},
    },
)
_POSITION = _object(["x", "y"], {"x": {"type": "number"}, "y": {"type": "number"}})
_SETTINGS = _object(
    [],
    {
        "error_mode": {**_ERROR_MODE, "default": "stop"},
        "max_execution_seconds": {"type": "number", "minimum": 1, "default": 300},
        "timezone": {"type": "string", "default": "UTC"},
        "retry": _nullable({"$ref": "#/$defs/Retry"}),
        "priority": {"type": "integer", "minimum": 1, "maximum": 10, "default": 5},
        "concurrency": _nullable({"type": "integer", "minimum": 1, "maximum": 10_000}),
        "error_workflow_id": _nullable(_ID),
        "notify_on_error": {**_FLAG, "default": True},
        "notify_on_complete": {**_FLAG, "default": False},
        "notify_emails": {"type": "array", "items": _NAME},
        "re_entry": {"enum": ["every_event", "once", "after_exit"], "default": "every_event"},
        "re_entry_after_days": _nullable({"type": "number", "minimum": 0, "maximum": 3_650}),
        "exit_when": _nullable({"type": "object"}),
    },
)
