"""Which variables and nodes the templates and conditions of a workflow speak of, where no default stands in.

A light scan without parsing; what it finds becomes warnings, never errors.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from atlas_workflows.graph.model import Workflow

_REFERENCE = re.compile(r"\b(variables|nodes)\.([A-Za-z_][\w-]*)")
_TEMPLATE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_PATH_KEYS = frozenset({"field", "items", "expression", "source", "sources"})
_NOT_SCANNED = frozenset({"extra", "original"})
_LONGEST_SCANNED = 100_000  # characters; a longer text is an embedded file, not a template


def mention_any(parameters: Sequence[Mapping[str, Any]]) -> bool:
    """Whether it is worth looking: one search through the text of all nodes is ten times as fast as the walk."""
    try:
        text = orjson.dumps(parameters, default=str)
    except TypeError:  # half a surrogate pair, a number beyond 64 bits
        text = str(parameters).encode("utf-8", "surrogatepass")
    return b"variables." in text or b"nodes." in text


def undefined(workflow: Workflow) -> Iterator[tuple[str, str, str, str]]:
    """(node, root, name, where) for every variable or node that is spoken of and does not exist."""
    if not mention_any([node.parameters for node in workflow.nodes]):
        return
    found = [(node.id, *reference) for node in workflow.nodes for reference in references(node.parameters)]
    if not found:
        return
    known = {"variables": _defined_variables(workflow), "nodes": {node.id for node in workflow.nodes}}
    yield from (reference for reference in dict.fromkeys(found) if reference[2] not in known[reference[1]])


def _defined_variables(workflow: Workflow) -> set[str]:
    names = {variable.name for variable in workflow.variables}
    for node in workflow.nodes:
        names.update(defined_names(node.parameters))
        if node.type == "set_variable" and isinstance(node.parameters.get("name"), str):
            names.add(node.parameters["name"])
        if node.type == "loop":
            names.add(str(node.parameters.get("item_variable", "item")))
    return names


def references(parameters: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(root, name, where) for every `variables.name` and `nodes.name`, `where` being a path into the parameters."""
    # An entry is (value, key, entry it lies in); paths are only spelled out for what is found.
    stack: list[Any] = [(parameters, None, None)]
    while stack:
        entry = stack.pop()
        value = entry[0]
        if type(value) is str:
            if "." in value and len(value) <= _LONGEST_SCANNED:
                yield from _in_text(entry)
        elif type(value) is dict:
            stack += [(item, key, entry) for key, item in value.items() if key not in _NOT_SCANNED]
        elif type(value) is list:
            stack += [(item, place, entry) for place, item in enumerate(value)]


def _in_text(entry: Any) -> Iterator[tuple[str, str, str]]:
    value, key, outer = entry
    if "{{" in value:
        for template in _TEMPLATE.finditer(value):
            if "default(" in template[1]:
                continue
            for match in _REFERENCE.finditer(template[1]):
                yield match[1], match[2], _spelled(entry)
    elif (outer[1] if type(key) is int else key) in _PATH_KEYS:
        for match in _REFERENCE.finditer(value):
            yield match[1], match[2], _spelled(entry)


def _spelled(entry: Any) -> str:
    parts: list[str] = []
    while entry[2] is not None:
        parts.append(f"[{entry[1]}]" if type(entry[1]) is int else f".{entry[1]}")
        entry = entry[2]
    return "".join(reversed(parts)).removeprefix(".")


def defined_names(parameters: Mapping[str, Any]) -> Iterator[str]:
    """Variables that a node sets: `output`, and the `name` of set_variable is passed as `output` too."""
    output = parameters.get("output")
    if type(output) is str:
        yield output
    operations = parameters.get("operations")
    if type(operations) is list:
        yield from (o["output"] for o in operations if type(o) is dict and type(o.get("output")) is str)
