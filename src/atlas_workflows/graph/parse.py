"""JSON document -> Workflow. Takes any document at all: what cannot be read becomes a Problem, never an exception."""

from collections.abc import Callable
from typing import Any

from atlas_workflows.graph.limits import (
    MAX_DEPTH,
    MAX_EDGES,
    MAX_NODES,
    MAX_TRIGGERS,
    MAX_VARIABLES,
    is_deeper_than,
)
from atlas_workflows.graph.model import (
    FORMAT,
    Edge,
    ErrorMode,
    Node,
    Position,
    Problem,
    RetryPolicy,
    Settings,
    Trigger,
    Variable,
    Workflow,
)
from atlas_workflows.graph.reading import (
    ProblemList,
    Reader,
    Unexpected,
    anything,
    boolean,
    describe,
    finite,
    identifier,
    list_of,
    mapping,
    name,
    number,
    one_of,
    optional,
    read_fields,
    text,
    whole_number,
)

_YEAR = 366 * 86_400.0
_COLLECTIONS = {"nodes": MAX_NODES, "edges": MAX_EDGES, "triggers": MAX_TRIGGERS, "variables": MAX_VARIABLES}


def parse(document: Any) -> tuple[Workflow | None, list[Problem]]:
    """Read a decoded JSON document (see `exact_json.loads`).

    The workflow is None where nothing can be salvaged: not an object, another format, or beyond the limits.
    Otherwise parts that cannot be read are left out, each with a Problem of severity error.
    """
    findings = ProblemList()
    if not _is_acceptable(document, findings):
        return None, findings.problems
    plain = {key: value for key, value in document.items() if key not in _COLLECTIONS and key != "format"}
    values = read_fields(plain, _WORKFLOW, "workflow", findings, None)
    _require_identity(values, findings)
    values |= {key: _read_list(document, key, findings) for key in _COLLECTIONS}
    return Workflow(**values), findings.problems


def _is_acceptable(document: Any, findings: ProblemList) -> bool:
    if type(document) is not dict:
        message = f"The document is {describe(document)}, but a workflow is an object."
        findings.add(
            "NOT_A_WORKFLOW", message, "Give the object that holds id, name, triggers, nodes and edges."
        )
        return False
    if document.get("format", FORMAT) != FORMAT:
        message = f"The format is {describe(document['format'])}; this version reads {FORMAT!r}."
        findings.add("UNKNOWN_FORMAT", message, f'Write "format": "{FORMAT}".', field="format")
        return False
    for key, limit in _COLLECTIONS.items():
        size = len(document[key]) if isinstance(document.get(key), list) else 0
        if size > limit:
            message = f"The workflow has {size} {key}; at most {limit} are allowed."
            findings.add("TOO_LARGE", message, "Split it into several workflows.", field=key)
            return False
    if is_deeper_than(document, MAX_DEPTH):
        message = f"The document is nested more than {MAX_DEPTH} levels deep."
        findings.add("TOO_DEEP", message, "Flatten its conditions or parameters.")
        return False
    return True


def with_article(name: str) -> str:
    """The name with its article: a name, an id."""
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def _require_identity(values: dict[str, Any], findings: ProblemList) -> None:
    for key in ("id", "name"):
        if key not in values:
            findings.add(
                "MISSING_FIELD", f"The workflow has no {key}.", f"Give it {with_article(key)}.", field=key
            )
            values[key] = ""


def _read_list(document: dict[str, Any], key: str, findings: ProblemList) -> tuple[Any, ...]:
    items = document.get(key)
    if items is None:
        return ()
    if type(items) is not list:
        message = f"{key} is {describe(items)}, but must be a list."
        findings.add("WRONG_FIELD", message, "Write a list there.", field=key)
        return ()
    build, readers, required = _PARTS[key]
    read = (
        _read_part(item, build, readers, required, f"{key}[{place}]", findings)
        for place, item in enumerate(items)
    )
    return tuple(part for part in read if part is not None)


def _read_part(
    item: Any,
    build: Callable[..., Any],
    readers: dict[str, Reader],
    required: tuple[str, ...],
    where: str,
    findings: ProblemList,
) -> Any:
    if type(item) is not dict:
        message = f"{where} is {describe(item)}, but must be an object."
        findings.add("WRONG_FIELD", message, "Write an object there, or remove the entry.", field=where)
        return None
    own_id = item.get("id")
    node = own_id if type(own_id) is str and build is not Edge else None
    values = read_fields(item, readers, where, findings, node)
    missing = [key for key in required if key not in values]
    for key in missing:
        if key not in item:
            code = "MISSING_ID" if key == "id" else "MISSING_FIELD"
            message = f"{where} has no {key}; the entry is left out."
            findings.add(code, message, f"Give it {with_article(key)}.", node=node, field=f"{where}.{key}")
    return None if missing else build(**values)


def _position(value: Any) -> Position:
    if type(value) is not dict or value.keys() != {"x", "y"}:
        raise Unexpected("an object with numbers x and y")
    return Position(finite(value["x"]), finite(value["y"]))


def _retry(value: Any) -> RetryPolicy:
    return RetryPolicy(**_inner(value, _RETRY))


def _settings(value: Any) -> Settings:
    return Settings(**_inner(value, _SETTINGS))


def _inner(value: Any, readers: dict[str, Reader]) -> dict[str, Any]:
    result = {}
    for key, item in mapping(value).items():
        if key not in readers:
            raise Unexpected("an object with the fields " + ", ".join(readers))
        try:
            result[key] = readers[key](item)
        except Unexpected as expected:
            raise Unexpected(str(expected), inner=(key, item)) from None
    return result


def _error_mode(value: Any) -> ErrorMode:
    return ErrorMode(one_of(*ErrorMode)(value))


_RETRY: dict[str, Reader] = {
    "attempts": whole_number(1, 20),
    "backoff": one_of("fixed", "linear", "exponential"),
    "delay_seconds": number(0, 86_400),
    "max_delay_seconds": number(0, 7 * 86_400),
    "jitter": boolean,
    "retry_on": list_of(name),
}
_SETTINGS: dict[str, Reader] = {
    "error_mode": _error_mode,
    "max_execution_seconds": number(1, 2 * _YEAR),
    "timezone": name,
    "retry": optional(_retry),
    "priority": whole_number(1, 10),
    "concurrency": optional(whole_number(1, 10_000)),
    "error_workflow_id": optional(identifier),
    "notify_on_error": boolean,
    "notify_on_complete": boolean,
    "notify_emails": list_of(name),
    "re_entry": one_of("every_event", "once", "after_exit"),
    "re_entry_after_days": optional(number(0, 3_650)),
    "exit_when": optional(mapping),
}
_WORKFLOW: dict[str, Reader] = {
    "id": identifier,
    "name": name,
    "organization_id": optional(identifier),
    "description": text,
    "settings": _settings,
    "tags": list_of(name),
}
_TRIGGER: dict[str, Reader] = {
    "id": identifier,
    "type": identifier,
    "version": whole_number(1, 1_000),
    "name": name,
    "parameters": mapping,
    "enabled": boolean,
    "position": optional(_position),
    "notes": text,
}
_NODE: dict[str, Reader] = {
    **_TRIGGER,
    "on_error": optional(_error_mode),
    "retry": optional(_retry),
    "timeout_seconds": optional(number(0.001, 86_400)),
}
_EDGE: dict[str, Reader] = {
    "id": identifier,
    "source": identifier,
    "target": identifier,
    "source_port": identifier,
    "target_port": identifier,
}
_VARIABLE: dict[str, Reader] = {
    "name": identifier,
    "type": one_of("string", "number", "boolean", "date", "array", "object", "any"),
    "default": anything,
    "description": text,
    "scope": one_of("global", "workflow", "execution"),
    "required": boolean,
    "secret": boolean,
}


def _build_node(parameters: dict[str, Any] | None = None, **values: Any) -> Node:
    return Node(parameters=parameters or {}, **values)


def _build_trigger(parameters: dict[str, Any] | None = None, **values: Any) -> Trigger:
    return Trigger(parameters=parameters or {}, **values)


_PARTS: dict[str, tuple[Callable[..., Any], dict[str, Reader], tuple[str, ...]]] = {
    "nodes": (_build_node, _NODE, ("id", "type")),
    "triggers": (_build_trigger, _TRIGGER, ("id", "type")),
    "edges": (Edge, _EDGE, ("id", "source", "target")),
    "variables": (Variable, _VARIABLE, ("name",)),
}
