"""How shapes C to F write a draft: a flat list of actions, conditions on the actions, a boolean or enum switch."""

from collections.abc import Iterator
from typing import Any

from atlas_workflows import exact_json
from atlas_workflows.sample.dice import timestamp
from atlas_workflows.sample.draft import Draft
from atlas_workflows.sample.recipe import Step
from atlas_workflows.sample.rows import Row, boolean
from atlas_workflows.sample.shape_a import document, scoring_cells
from atlas_workflows.sample.spec import SampleSpec, Shape

CHECKED_E = frozenset({"lead_created", "message_received", "appointment_booked", "form_submitted", "manual"})
CHECKED_F = frozenset({"webhook", "schedule", "event"})
_NAMES_E = {"new_lead": "lead_created", "lead.created": "lead_created", "website_form": "form_submitted"}
_NAMES_F = {"scheduled": "schedule", "webhook_received": "webhook"}
# One gym in five screens imported leads out before anything else.
_GATE = [{"field": "lead.source", "operator": "not_equals", "value": "import"}]


def workflow_row(draft: Draft, spec: SampleSpec) -> Row:
    """The row of `workflows` in the columns of the spec's shape."""
    shape = spec.shape
    row: dict[str, str | None] = {
        "id": draft.id,
        tenant_column(shape): draft.organization_id,
        "name": draft.name,
        "description": draft.description,
        "trigger_type": trigger_type(draft, shape),
        _config_column(shape): document(_trigger_config(draft, shape)),
        "actions": exact_json.dumps_text(list(linear_actions(draft.recipe.steps, flat=shape is Shape.F))),
        "created_at": timestamp(draft.created_at),
        "updated_at": timestamp(draft.updated_at),
        **_switch(draft, shape),
    }
    if shape in (Shape.C, Shape.D):
        row["conditions"] = exact_json.dumps_text(_GATE if draft.organization.number % 5 == 0 else [])
    if shape is Shape.F:
        row["created_by"] = draft.organization.staff[0].id
        row["execution_count"] = str(draft.counts.total)
    return row | scoring_cells(draft, spec)


def tenant_column(shape: Shape) -> str:
    return "org_id" if shape is Shape.C else "organization_id"


def trigger_type(draft: Draft, shape: Shape) -> str:
    """The type under the shape's own check; what E and F cannot say becomes manual or event."""
    told = draft.trigger_type or "manual"
    if shape is Shape.E:
        named = _NAMES_E.get(told, told)
        return named if named in CHECKED_E else "manual"
    if shape is Shape.F:
        named = _NAMES_F.get(told, told)
        return named if named in CHECKED_F else "event"
    return told


def linear_actions(
    steps: tuple[Step, ...], *, flat: bool, conditions: tuple[Any, ...] = (), number: int = 1
) -> Iterator[dict[str, Any]]:
    """Actions in order; a branch becomes conditions on the actions inside, which mean "skip this one"."""
    for step in steps:
        if step.yes or step.no:
            negated = {"operator": "NOT", "conditions": [step.config]}
            for branch, condition in ((step.yes, step.config), (step.no, negated)):
                inner = list(
                    linear_actions(branch, flat=flat, conditions=(*conditions, condition), number=number)
                )
                yield from inner
                number += len(inner)
        else:
            yield _action(step, flat, conditions, number)
            number += 1


def _action(step: Step, flat: bool, conditions: tuple[Any, ...], number: int) -> dict[str, Any]:
    kind = step.action or step.label
    gated = {"conditions": list(conditions)} if conditions else {}
    if flat and isinstance(step.config, dict):
        return {"type": kind, **step.config, **gated}
    return {"id": f"action_{number}", "type": kind, "name": step.label, "config": step.config, **gated}


def _config_column(shape: Shape) -> str:
    return "trigger_conditions" if shape is Shape.E else "trigger_config"


def _trigger_config(draft: Draft, shape: Shape) -> Any:
    if shape is Shape.F and trigger_type(draft, shape) == "event" and isinstance(draft.trigger_config, dict):
        return {"event": draft.trigger_type, **draft.trigger_config}
    return draft.trigger_config


def _switch(draft: Draft, shape: Shape) -> dict[str, str | None]:
    if shape is Shape.D:
        return {"status": draft.status}
    return {"active" if shape is Shape.C else "is_active": boolean(draft.status == "active")}
