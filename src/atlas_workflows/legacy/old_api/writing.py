"""A definition as a document of the old API, as far as that can say it."""

from collections.abc import Callable, Mapping
from typing import Any

MAIN = "main"
# Node types that the old API has under the same name; everything else was an action there.
OF_THEIR_OWN = frozenset(
    {"condition", "wait", "filter", "loop", "switch", "parallel", "merge", "transform", "sub_workflow"}
)
_UNSAID = ("format", "id", "organization_id", "name", "description", "tags")


def write_document(definition: Mapping[str, Any]) -> dict[str, Any]:
    """The document that comes nearest to a definition; whether it says the same is for `says_the_same` to tell."""
    triggers = _list(definition, "triggers")
    kind, config = _of_trigger(triggers[0]) if triggers else (None, {})
    return {
        "nodes": [_trigger(each) for each in triggers] + [_node(each) for each in _list(definition, "nodes")],
        "edges": [_edge(each) for each in _list(definition, "edges")],
        "variables": [_variable(each) for each in _list(definition, "variables")],
        "trigger_type": kind,
        "trigger_config": config,
        "settings": _settings(_object(definition, "settings")),
    }


def says_the_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two definitions mean the same: where nodes are drawn, and what notes stand at them, does not count."""
    return _meaning(one) == _meaning(other)


def _meaning(definition: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: value for name, value in definition.items() if name not in _UNSAID}
    for name in ("triggers", "nodes"):
        found[name] = [_without(each, ("position", "notes")) for each in _list(definition, name)]
    edges = [_without(each, ("id",)) for each in _list(definition, "edges")]
    found["edges"] = sorted(edges, key=lambda edge: sorted((key, str(value)) for key, value in edge.items()))
    return found


def _without(each: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in each.items() if name not in names}


def _trigger(trigger: Mapping[str, Any]) -> dict[str, Any]:
    kind, config = _of_trigger(trigger)
    data = {"label": trigger.get("name") or kind, "actionType": kind, "config": {"subtype": kind, **config}}
    return _drawn(trigger, "trigger", data)


def _node(node: Mapping[str, Any]) -> dict[str, Any]:
    kind, parameters = str(node.get("type")), _parameters(node)
    said = _WAYS.get(kind, dict)(parameters)
    data: dict[str, Any] = {"label": node.get("name") or kind}
    if kind not in OF_THEIR_OWN:
        data["actionType"] = kind
    return _drawn(node, kind if kind in OF_THEIR_OWN else "action", data | {"config": said})


def _drawn(step: Mapping[str, Any], kind: str, data: dict[str, Any]) -> dict[str, Any]:
    if step.get("enabled") is False:
        data["disabled"] = True
    position = step.get("position") or {"x": 0, "y": 0}
    return {"id": step.get("id"), "type": kind, "position": position, "data": data}


def _edge(edge: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": edge.get("id"), "source": edge.get("source"), "target": edge.get("target"),
        "sourceHandle": _handle(edge.get("source_port", MAIN)), "targetHandle": _handle(edge.get("target_port", MAIN)),
    }  # fmt: skip


def _handle(port: str) -> str | None:
    return None if port == MAIN else port


def _variable(variable: Mapping[str, Any]) -> dict[str, Any]:
    told = {
        "name": variable.get("name"), "type": variable.get("type", "string"),
        "description": variable.get("description", ""), "required": variable.get("required", False),
    }  # fmt: skip
    return told | ({"defaultValue": variable["default"]} if "default" in variable else {})


def _of_trigger(trigger: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    kind, parameters = str(trigger.get("type")), _parameters(trigger)
    return kind, _TRIGGERS.get(kind, dict)(parameters)


def _lead_created(parameters: Mapping[str, Any]) -> dict[str, Any]:
    told = _without(parameters, ("sources", "minimum_score", "maximum_score"))
    sources = _entries(parameters, "sources")
    told |= {"source": sources[0]} if len(sources) == 1 else {"sources": sources} if sources else {}
    bounds = {"min": parameters.get("minimum_score"), "max": parameters.get("maximum_score")}
    known = {name: value for name, value in bounds.items() if value is not None}
    return told | ({"leadScore": known} if known else {})


def _form_submitted(parameters: Mapping[str, Any]) -> dict[str, Any]:
    told = _without(parameters, ("form_ids", "form_type", "filters"))
    forms = _entries(parameters, "form_ids")
    told |= {"formId": forms[0]} if len(forms) == 1 else {"formIds": forms} if forms else {}
    told |= {"formType": parameters["form_type"]} if parameters.get("form_type") else {}
    return told | ({"conditions": [parameters["filters"]]} if parameters.get("filters") else {})


def _condition(parameters: Mapping[str, Any]) -> dict[str, Any]:
    condition = parameters.get("condition")
    return {**_without(parameters, ("condition",)), **condition} if isinstance(condition, dict) else dict(parameters)  # fmt: skip


def _wait(parameters: Mapping[str, Any]) -> dict[str, Any]:
    wait = parameters.get("wait")
    if not isinstance(wait, dict) or wait.keys() != {"kind", "amount", "unit"} or wait["kind"] != "duration":
        return dict(parameters)
    return {**_without(parameters, ("wait",)), "duration": wait["amount"], "unit": wait["unit"]}


def _settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    names = {"error_mode": "errorHandling", "max_execution_seconds": "maxExecutionTime"}
    told = {names.get(name, name): value for name, value in settings.items()}
    tells = {
        "onError": told.pop("notify_on_error", True), "onComplete": told.pop("notify_on_complete", False),
        "notifyEmails": told.pop("notify_emails", []),
    }  # fmt: skip
    return {"timezone": "UTC", **told, "notifications": tells}


def _list(definition: Mapping[str, Any], name: str) -> list[Any]:
    found = definition.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _entries(parameters: Mapping[str, Any], name: str) -> list[Any]:
    found = parameters.get(name)
    return found if isinstance(found, list) else []


def _object(step: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = step.get(name)
    return found if isinstance(found, dict) else {}


def _parameters(step: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters with what no field takes beside them, where the old API had it."""
    found = _object(step, "parameters")
    return {**_object(found, "extra"), **_without(found, ("extra",))}


_Way = Callable[[Mapping[str, Any]], dict[str, Any]]
_TRIGGERS: Mapping[str, _Way] = {"lead_created": _lead_created, "form_submitted": _form_submitted}
_WAYS: Mapping[str, _Way] = {"condition": _condition, "wait": _wait}
