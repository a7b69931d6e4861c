"""Workflow -> JSON document. Fields that hold their default are left out, so equal workflows give equal documents."""

from typing import Any

from atlas_workflows.graph.model import (
    FORMAT,
    MAIN_PORT,
    Edge,
    Node,
    RetryPolicy,
    Settings,
    Trigger,
    Variable,
    Workflow,
)

_DEFAULT_SETTINGS = Settings()
_DEFAULT_RETRY = RetryPolicy()
_DEFAULT_VARIABLE = Variable(name="")
_VARIABLE_FIELDS = ("type", "default", "description", "scope", "required", "secret")
_RETRY_FIELDS = ("attempts", "backoff", "delay_seconds", "max_delay_seconds", "jitter")
_SETTINGS_FIELDS = (
    "max_execution_seconds",
    "timezone",
    "priority",
    "concurrency",
    "error_workflow_id",
    "notify_on_error",
    "notify_on_complete",
    "re_entry",
    "re_entry_after_days",
)


def to_json(workflow: Workflow) -> dict[str, Any]:
    """The document that `parse` reads back to an equal workflow. Parameters are shared, not copied."""
    document: dict[str, Any] = {"format": FORMAT, "id": workflow.id, "name": workflow.name}
    if workflow.organization_id is not None:
        document["organization_id"] = workflow.organization_id
    if workflow.description:
        document["description"] = workflow.description
    document["triggers"] = [_trigger(trigger) for trigger in workflow.triggers]
    document["nodes"] = [_node(node) for node in workflow.nodes]
    document["edges"] = [_edge(edge) for edge in workflow.edges]
    if workflow.variables:
        document["variables"] = [_variable(variable) for variable in workflow.variables]
    if settings := _settings(workflow.settings):
        document["settings"] = settings
    if workflow.tags:
        document["tags"] = list(workflow.tags)
    return document


def _step(step: Node | Trigger) -> dict[str, Any]:
    document: dict[str, Any] = {"id": step.id, "type": step.type}
    if step.version != 1:
        document["version"] = step.version
    if step.name:
        document["name"] = step.name
    document["parameters"] = dict(step.parameters)
    if not step.enabled:
        document["enabled"] = False
    if step.position is not None:
        document["position"] = {"x": step.position.x, "y": step.position.y}
    return document


def _trigger(trigger: Trigger) -> dict[str, Any]:
    document = _step(trigger)
    if trigger.notes:
        document["notes"] = trigger.notes
    return document


def _node(node: Node) -> dict[str, Any]:
    document = _step(node)
    if node.on_error is not None:
        document["on_error"] = node.on_error.value
    if node.retry is not None:
        document["retry"] = _retry(node.retry)
    if node.timeout_seconds is not None:
        document["timeout_seconds"] = node.timeout_seconds
    if node.notes:
        document["notes"] = node.notes
    return document


def _edge(edge: Edge) -> dict[str, Any]:
    document: dict[str, Any] = {"id": edge.id, "source": edge.source, "target": edge.target}
    if edge.source_port != MAIN_PORT:
        document["source_port"] = edge.source_port
    if edge.target_port != MAIN_PORT:
        document["target_port"] = edge.target_port
    return document


def _variable(variable: Variable) -> dict[str, Any]:
    return {"name": variable.name, **_differing(variable, _DEFAULT_VARIABLE, _VARIABLE_FIELDS)}


def _retry(policy: RetryPolicy) -> dict[str, Any]:
    document = _differing(policy, _DEFAULT_RETRY, _RETRY_FIELDS)
    if policy.retry_on:
        document["retry_on"] = list(policy.retry_on)
    return document


def _settings(settings: Settings) -> dict[str, Any]:
    if settings == _DEFAULT_SETTINGS:
        return {}
    document = _differing(settings, _DEFAULT_SETTINGS, _SETTINGS_FIELDS)
    if settings.error_mode is not _DEFAULT_SETTINGS.error_mode:
        document["error_mode"] = settings.error_mode.value
    if settings.retry is not None:
        document["retry"] = _retry(settings.retry)
    if settings.notify_emails:
        document["notify_emails"] = list(settings.notify_emails)
    if settings.exit_when is not None:
        document["exit_when"] = settings.exit_when
    return document


def _differing(value: object, default: object, names: tuple[str, ...]) -> dict[str, Any]:
    # `is` beside `==`, because False == 0 and a default of 0 must not vanish as if it were False.
    pairs = ((name, getattr(value, name), getattr(default, name)) for name in names)
    return {name: own for name, own, other in pairs if own != other or type(own) is not type(other)}
