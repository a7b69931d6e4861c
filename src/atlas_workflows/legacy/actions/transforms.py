"""Legacy data transformations to operations; customer code is never carried into something that executes."""

import re
from collections.abc import Callable
from typing import Any

from atlas_workflows.legacy.actions.drawer import Drawer, translated
from atlas_workflows.legacy.actions.parameters import condition_of
from atlas_workflows.legacy.reasons import ReasonCode

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_SCRIPTS = ("script", "code", "customScript", "transformScript", "customCode")
_FUNCTIONS = {"count", "sum", "avg", "min", "max", "first", "last"}


def transform_parameters(drawer: Drawer) -> dict[str, Any] | None:
    """Operations in their order; None where the node ran code or has a form nobody can map for certain."""
    if any(drawer.left.get(name) for name in _SCRIPTS):
        drawer.findings.change(
            ReasonCode.CODE_NOT_EXECUTED, drawer.path, "The node ran program code of the customer.",
            before="code was executed", after="kept, not executed",
        )  # fmt: skip
        return None
    raw = drawer.left.get("operations", drawer.left.get("transformations"))
    operations = _listed(raw, drawer) if isinstance(raw, list) else _single(drawer)
    if not operations:
        return None
    drawer.left.pop("operations", None)
    drawer.left.pop("transformations", None)
    parameters: dict[str, Any] = {"operations": operations}
    output = drawer.take("outputVariable", "output_variable", "output")
    if isinstance(output, str) and _NAME.fullmatch(output):
        parameters["output"] = output
    elif output is not None:
        drawer.left["outputVariable"] = output
    return parameters


def _listed(raw: list[Any], drawer: Drawer) -> list[dict[str, Any]] | None:
    operations = []
    for item in raw:
        if not isinstance(item, dict):
            return None
        build = _OPERATIONS.get(str(item.get("type", item.get("operation", item.get("kind", "set")))))
        operation = build(item, drawer) if build else None
        if operation is None:
            return None
        operations.append(operation)
    return operations


def _single(drawer: Drawer) -> list[dict[str, Any]] | None:
    """{transformType: map_fields, mappings} and its kin."""
    left = drawer.left
    mappings = left.get("mappings", left.get("fieldMappings", left.get("mapping")))
    pairs = _pairs(mappings)
    if not pairs:
        return None
    operations = [_set(target, source, drawer) for target, source in pairs]
    if any(operation is None for operation in operations):
        return None
    for name in ("mappings", "fieldMappings", "mapping"):
        left.pop(name, None)
    return [operation for operation in operations if operation is not None]


def _pairs(mappings: Any) -> list[tuple[Any, Any]]:
    if isinstance(mappings, dict):
        return list(mappings.items())
    if not isinstance(mappings, list):
        return []
    pairs = []
    for item in mappings:
        if not isinstance(item, dict) or len(item) != 2:
            return []
        pairs.append(
            (item.get("target", item.get("to")), item.get("source", item.get("from", item.get("value"))))
        )
    return pairs


def _set(target: Any, source: Any, drawer: Drawer) -> dict[str, Any] | None:
    if not isinstance(target, str) or not _NAME.fullmatch(target):
        return None
    if isinstance(source, str):
        source = translated(source if "{{" in source else f"{{{{{source}}}}}", drawer)
    return {"kind": "set", "output": target, "value": source}


def _output(item: dict[str, Any]) -> str | None:
    name = item.get("output", item.get("outputVariable", item.get("target", item.get("outputField"))))
    return name if isinstance(name, str) and _NAME.fullmatch(name) else None


def _only(item: dict[str, Any], *known: str) -> bool:
    return item.keys() <= {
        "type",
        "operation",
        "kind",
        "output",
        "outputVariable",
        "target",
        "outputField",
        *known,
    }


def _set_item(item: dict[str, Any], drawer: Drawer) -> dict[str, Any] | None:
    name = _output(item)
    if name is None or "value" not in item or not _only(item, "value"):
        return None
    value = item["value"]
    return {
        "kind": "set",
        "output": name,
        "value": translated(value, drawer) if isinstance(value, str) else value,
    }


def _format_item(item: dict[str, Any], drawer: Drawer) -> dict[str, Any] | None:
    name, template = _output(item), item.get("template", item.get("format"))
    if name is None or not isinstance(template, str) or not _only(item, "template", "format"):
        return None
    return {"kind": "format", "output": name, "template": translated(template, drawer)}


def _calculate_item(item: dict[str, Any], drawer: Drawer) -> dict[str, Any] | None:  # noqa: ARG001
    name, expression = _output(item), item.get("expression", item.get("formula"))
    if name is None or not isinstance(expression, str) or not _only(item, "expression", "formula"):
        return None
    return {"kind": "calculate", "output": name, "expression": expression.removeprefix("=").strip()}


def _filter_item(item: dict[str, Any], drawer: Drawer) -> dict[str, Any] | None:
    name, source = _output(item), item.get("source", item.get("input"))
    if (
        name is None
        or not isinstance(source, str)
        or not _only(item, "source", "input", "condition", "conditions")
    ):
        return None
    condition = condition_of(item.get("condition", item.get("conditions")), drawer, "operations", None)
    return (
        None
        if condition is None
        else {"kind": "filter", "output": name, "source": source, "condition": condition}
    )


def _aggregate_item(item: dict[str, Any], drawer: Drawer) -> dict[str, Any] | None:  # noqa: ARG001
    name, source, function = (
        _output(item),
        item.get("source", item.get("input")),
        item.get("function", item.get("aggregation")),
    )
    if name is None or not isinstance(source, str) or str(function) not in _FUNCTIONS:
        return None
    if not _only(item, "source", "input", "function", "aggregation", "field"):
        return None
    found = {"kind": "aggregate", "output": name, "source": source, "function": function}
    return {**found, "field": item["field"]} if isinstance(item.get("field"), str) else found


_OPERATIONS: dict[str, Callable[[dict[str, Any], Drawer], dict[str, Any] | None]] = {
    "set": _set_item,
    "format": _format_item,
    "calculate": _calculate_item,
    "filter": _filter_item,
    "filter_data": _filter_item,
    "aggregate": _aggregate_item,
}
