"""An execution that another one starts: where it begins, what it is given, what its end means to the starter. Pure."""

import uuid
from collections.abc import Mapping
from typing import Any

from atlas_workflows.engine.events import EffectDone, EffectFailed
from atlas_workflows.engine.state import State
from atlas_workflows.graph.model import Workflow

STARTS = frozenset({"sub_workflow", "start_workflow"})  # kinds of effects that start another workflow
_FAILURES = frozenset({"failed", "timeout", "cancelled"})
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://atlas-workflows.dev/executions")


def entry_of(workflow: Workflow) -> str | None:
    """The trigger from which a workflow begins that another one starts: the manual one, else the first."""
    enabled = [trigger for trigger in workflow.triggers if trigger.enabled]
    manual = [trigger for trigger in enabled if trigger.type == "manual"]
    return next((trigger.id for trigger in manual + enabled), None)


def execution_id(key: str) -> str:
    """The same key starts the same execution, however often it is asked for."""
    return str(uuid.uuid5(_NAMESPACE, key))


def data_for(starter: State, content: Mapping[str, Any]) -> dict[str, Any]:
    """What the started execution knows: all that the starter does, with the input in place of its trigger's data."""
    return {**starter.data, "trigger": content["input"]}


def report_of(
    key: str, workflow: Workflow, ended: State, known: Mapping[str, Any]
) -> EffectDone | EffectFailed:
    """What the end of a started execution means to the step that waits; `known` is the contact it began with."""
    if ended.outcome in _FAILURES:
        message = f"{workflow.name} {_ENDED[str(ended.outcome)]}. {ended.reason or ''}".rstrip()
        # Tried again it would be the same execution, which has ended.
        return EffectFailed(key, "sub_workflow", message, may_retry=False)
    contact = ended.data.get("contact")
    learnt = contact if isinstance(contact, dict) else {}
    result = {"execution": ended.execution, "outcome": ended.outcome, "variables": ended.variables}
    return EffectDone(
        key,
        result,
        {name: value for name, value in learnt.items() if name not in known or known[name] != value},
    )


_ENDED = {"failed": "failed", "timeout": "took too long", "cancelled": "was cancelled"}
