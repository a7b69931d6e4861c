"""What every action does: fill in its parameters and ask for its effect. Files with more to say pass `patch` or their own `run`."""

from collections.abc import Callable, Mapping
from typing import Any

from atlas_workflows.engine.behaviour import Call, Outcome, Perform
from atlas_workflows.nodes.urls import checked_url, is_url

_NOT_CONTENT = frozenset({"extra", "skip_unless", "output"})
# Parameters that are numbers or booleans once their template is filled in; every other text stays a text.
_TYPED = frozenset({"value", "duration_minutes", "html", "track_opens", "track_clicks", "amount"})

Patch = Callable[[Mapping[str, Any], Mapping[str, Any]], Mapping[str, Any]]


def perform(call: Call) -> Outcome:
    """Ask for the effect named like the node's type, with the rendered parameters as its content."""
    return ask(call, content_of(call))


def perform_with(patch: Patch) -> Callable[[Call], Outcome]:
    """Like `perform`; `patch(content, contact)` says what the effect changes about the subject."""

    def run(call: Call) -> Outcome:
        content = content_of(call)
        contact = call.look("contact")
        return ask(call, content, patch(content, contact if isinstance(contact, dict) else {}))

    return run


def perform_on_appointment(call: Call) -> Outcome:
    """Like `perform`; where no appointment is named it is the one that started the execution."""
    content = content_of(call)
    started_by = call.look("appointment.id") or call.look("trigger.appointment_id")
    if not content.get("appointment_id") and started_by is not None:
        content["appointment_id"] = started_by
    return ask(call, content)


def ask(call: Call, content: dict[str, Any], patch: Mapping[str, Any] | None = None) -> Perform:
    """The request for an effect with this content."""
    return Perform(call.node.type, content, vars(call.parameters).get("output"), patch or {})


def content_of(call: Call, own: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Parameters with their templates filled in; texts directly in them stay texts, deeper ones keep their type.

    `own` holds what the node has filled in itself.
    """
    given, own = call.node.parameters, own or {}
    return {
        name: own[name] if name in own else filled(call, name, value)
        for name, value in given.items()
        if name not in _NOT_CONTENT
    }


def filled(call: Call, name: str, value: Any) -> Any:
    """One parameter with its templates filled in; raises StepFailed where it is a URL that is refused.

    Validation has looked at a URL that is written out whole, and whoever sends anything looks again at where it leads.
    """
    found = _filled(call, name, value)
    return checked_url(name, found) if is_url(name) and "{{" in repr(value) else found


def _filled(call: Call, name: str, value: Any) -> Any:
    if name in _TYPED:
        return call.value(value)
    if isinstance(value, str):
        return call.text(value)
    if isinstance(value, list):
        return [call.text(item) if isinstance(item, str) else call.value(item) for item in value]
    return call.value(value)
