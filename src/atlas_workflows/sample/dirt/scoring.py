"""Section 7: scoring workflows, which live in is_active, actions and trigger_config and never executed."""

from typing import Any

from atlas_workflows.sample.dice import Dice
from atlas_workflows.sample.draft import Draft
from atlas_workflows.sample.spec import Shape, Variant
from atlas_workflows.sample.specimen import Change, CoverageClass, Specimen, recipe

_SHAPES = frozenset({Shape.A, Shape.B, Shape.E})
# Flat keys, no config: the form of the scoring code.
ACTIONS: tuple[dict[str, Any], ...] = (
    {"type": "send_email", "templateId": "welcome-offer"},
    {"type": "send_sms", "content": "Hi {{firstName}}, your score is {{lead.score}}"},
    {"type": "create_task", "title": "Call the hot lead", "description": "Now", "priority": "urgent"},
    {"type": "assign_to_user", "userId": "b6a4f6a0-7d4f-4a51-8f5e-0a8e8f0a0003"},
    {"type": "add_tag", "tagId": "b6a4f6a0-7d4f-4a51-8f5e-0a8e8f0a0001"},
    {"type": "update_status", "status": "qualified"},
    {
        "type": "webhook",
        "url": "https://hooks.example/score",
        "headers": {"X-Webhook-Secret": "fake-score-secret-0009"},
    },
)
# code -> trigger_config
CONFIGS: dict[str, dict[str, Any]] = {
    "7:threshold_above": {
        "trigger_type": "lead_score_threshold",
        "conditions": {"threshold": 70, "direction": "above"},
    },
    "7:threshold_below": {
        "trigger_type": "lead_score_threshold",
        "conditions": {"threshold": 30, "direction": "below"},
    },
    "7:threshold_crosses": {
        "trigger_type": "lead_score_threshold",
        "conditions": {"threshold": 50, "direction": "crosses"},
    },
    "7:threshold_zero": {"trigger_type": "lead_score_threshold", "conditions": {"threshold": 0}},
    "7:threshold_default": {"trigger_type": "lead_score_threshold"},
    "7:change_increase": {
        "trigger_type": "lead_score_change",
        "conditions": {"minChange": 15, "direction": "increase"},
    },
    "7:change_any_zero": {
        "trigger_type": "lead_score_change",
        "conditions": {"minChange": 0, "direction": "any"},
    },
    "7:became_hot": {"trigger_type": "lead_became_hot"},
    "7:became_cold": {"trigger_type": "lead_became_cold"},
}


def _scoring(config: dict[str, Any], *, conflict: bool = False) -> Change:
    def change(draft: Draft, _: Dice) -> None:
        draft.is_active, draft.actions = True, list(ACTIONS)
        draft.status = "paused" if conflict else "active"
        draft.trigger_type, draft.trigger_config = None, config
        draft.nodes, draft.edges, draft.variables = [], [], {}

    return change


def _specimen(code: str, change: Change, shapes: frozenset[Shape] = _SHAPES) -> Specimen:
    title = f"Scoring: {code.partition(':')[2].replace('_', ' ')}"
    return Specimen((code,), recipe(title), change, shapes, needs=Variant.SCORING, never_ran=True)


_CONFLICT = "9.9:switch_and_status_conflict"
_GRAPH = frozenset({Shape.A, Shape.B})
SPECIMENS = (
    *(_specimen(code, _scoring(config)) for code, config in CONFIGS.items()),
    _specimen(_CONFLICT, _scoring(CONFIGS["7:threshold_above"], conflict=True), _GRAPH),
)


def _where(config: dict[str, Any]) -> str:
    return (
        f"is_active AND trigger_config ->> 'trigger_type' = '{config['trigger_type']}' AND actions -> 1 ? 'content'"
        " AND NOT EXISTS (SELECT FROM public.workflow_executions AS e WHERE e.workflow_id = workflows.id)"
    )


CLASSES = (
    *(
        CoverageClass(c, where=_where(config), shapes=_SHAPES, needs=Variant.SCORING)
        for c, config in CONFIGS.items()
    ),
    CoverageClass(_CONFLICT, where="is_active AND status = 'paused'", shapes=_GRAPH, needs=Variant.SCORING),
)
