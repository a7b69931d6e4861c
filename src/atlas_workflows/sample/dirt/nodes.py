"""Sections 8.1 and 8.2: node types, both generations of nodes with their labels, and every form of an edge's handle."""

from typing import Any

from atlas_workflows.sample.dice import Dice
from atlas_workflows.sample.draft import Draft
from atlas_workflows.sample.recipe import Step
from atlas_workflows.sample.specimen import GREETING, Change, CoverageClass, Specimen, in_groups, recipe

LABELS: dict[str, dict[str, Any]] = {
    "Send Email": {"subject": "Hi {{firstName}}", "body": "Welcome to {{organizationName}}"},
    "Send SMS": {"message": "Hi [first_name]!"},
    "Send WhatsApp": {"message": "Hi {{firstName}} 👋"},
    "Add Tag": {"tag": "engaged"},
    "Wait": {"duration": 10, "unit": "minutes"},
    "Add/Remove Tags": {"action": "add", "tags": ["engaged"]},
    "Update Lead Score": {"operation": "add", "value": 10},
    "Create Task": {"title": "Call back", "priority": "high"},
    "Send Warm Email": {"subject": "Renamed by a user", "body": "An engine that goes by labels skips this."},
}
_SCORE = {"field": "lead.score", "operator": "greater_than", "value": 50}
TYPES: dict[str, dict[str, Any]] = {
    "trigger": {},
    "action": {},
    "condition": _SCORE,
    "wait": {"duration": 1, "unit": "days"},
    "delay": {"duration": 1, "unit": "hours"},
    "loop": {"loopType": "for_each", "arrayPath": "lead.tags", "maxIterations": 10},
    "transform": {"mapping": {"name": "{{firstName}}"}},
    "filter": _SCORE,
    "parallel": {"branches": 2},
    "merge": {"mode": "wait_all"},
    "webhook": {"url": "https://hooks.example/in", "method": "POST"},
    "email": {"subject": "Hi", "body": "Hello"},
    "sms": {"message": "Hello"},
    "ai": {"prompt": "Summarise the lead"},
    "ai_node": {"prompt": "Summarise the lead"},
    "switch": {"value": "{{lead.source}}", "cases": [{"name": "web", "value": "website"}]},
    "note": {"text": "Remember to check the wording"},
    "branch": _SCORE,
    "end": {},
    "sub_workflow": {"workflowId": "b6a4f6a0-7d4f-4a51-8f5e-0a8e8f0a0002"},
    "ai_trigger": {"model": "churn"},
    "smart_condition": {"prompt": "Is the lead warm?"},
    "ai_action": {"prompt": "Write a greeting"},
    "enrichment_action": {"provider": "example"},
    "multi_channel_action": {"channels": ["email", "sms"], "message": "Hello"},
    "ai_decision": {"prompt": "Which offer?"},
    "dynamic_wait": {"baseDelay": {"value": 1, "unit": "days"}, "conditions": []},
    "ai_optimizer": {"goal": "open_rate"},
    "data_transformer": {"mapping": {"a": "b"}},
    "loop_controller": {"loopType": "fixed_count", "count": 2},
    "parallel_processor": {"branches": 2},
    "merge_controller": {"mode": "wait_first"},
    "webhook_advanced": {"url": "https://hooks.example/in", "method": "PUT"},
    "api_advanced": {"url": "https://api.example/v1", "method": "GET"},
}


def _both_generations(draft: Draft, _: Dice) -> None:
    data = draft.nodes[1]["data"]
    data |= {"subject": "Flat subject", "message": "Flat message"}
    data["config"] |= {"label": data["label"], "actionType": data["actionType"]}


def _handles(yes: str | None, no: str | None) -> Change:
    def change(draft: Draft, _: Dice) -> None:
        wanted = {"true": yes, "false": no}
        for edge in draft.edges:
            edge["sourceHandle"] = wanted.get(edge["sourceHandle"], edge["sourceHandle"])

    return change


def _branch_in_data(draft: Draft, _: Dice) -> None:
    for edge in draft.edges:
        if edge["sourceHandle"] is not None:
            edge["data"] = {"branch": edge.pop("sourceHandle")}


def _edge_conditions(draft: Draft, _: Dice) -> None:
    kinds = ("equals", "not_equals", "greater_than", "less_than", "contains", "success", "error")
    for number, kind in enumerate(kinds):
        condition = {"type": kind, "field": "lead.score", "value": number}
        edge = {"id": f"e-{kind}", "source": draft.nodes[1]["id"], "target": draft.nodes[2]["id"]}
        draft.edges.append({**edge, "data": {"condition": condition}})


def _fork(node_type: str, config: dict[str, Any]) -> tuple[Step, ...]:
    side = (Step("action", "add_tag", "Other side", {"tag": "other"}),)
    return (
        Step(node_type, None if node_type == "parallel" else node_type, "Fork", config, (GREETING,), side),
    )


# form -> (node type, its settings, change, text that shows it)
_FORKS: dict[str, tuple[str, dict[str, Any], Change, str]] = {
    "true_false": ("condition", _SCORE, _handles("true", "false"), '"sourceHandle": "false"'),
    "loop_done": ("loop", TYPES["loop"], _handles("loop", "done"), '"sourceHandle": "done"'),
    "loop_body_continue": (
        "loop",
        TYPES["loop"],
        _handles("loop-body", "continue"),
        '"sourceHandle": "loop-body"',
    ),
    "branch_n": ("parallel", {"branches": 2}, _handles("branch-0", "branch-1"), '"sourceHandle": "branch-1"'),
    "switch_case": ("switch", TYPES["switch"], _handles("web", "default"), '"sourceHandle": "web"'),
    "branch_in_data": ("condition", _SCORE, _branch_in_data, '"data": {"branch": "true"}'),
    "branchless": ("condition", _SCORE, _handles(None, None), '"type": "condition"'),
    "edge_conditions": ("action", {"note": "x"}, _edge_conditions, '"condition": {"type": "success"'),
}


def _typed(node_type: str) -> Step:
    return Step(
        node_type,
        None if node_type in ("note", "end") else node_type,
        node_type.replace("_", " "),
        TYPES[node_type],
    )


SPECIMENS = (
    *(
        Specimen(
            tuple(f"label:{label}" for label in labels),
            recipe(
                f"Nodes that go by label: {labels[0]}",
                [Step("action", None, label, LABELS[label], generation=1) for label in labels],
            ),
            only_steps=True,
        )
        for labels in in_groups(tuple(LABELS), 5)
    ),
    Specimen(("8.1:both_generations",), recipe("Nodes of both generations"), _both_generations),
    *(
        Specimen(
            tuple(f"node_type:{kind}" for kind in kinds),
            recipe(f"Node types from {kinds[0]}", map(_typed, kinds)),
            only_steps=True,
        )
        for kinds in in_groups(tuple(TYPES), 5)
    ),
    *(
        Specimen((f"handle:{form}",), recipe(f"Handles in the form {form}", _fork(kind, config)), change)
        for form, (kind, config, change, _) in _FORKS.items()
    ),
)
CLASSES = (
    *(CoverageClass(f"label:{label}", needle=f'"label": "{label}"') for label in LABELS),
    CoverageClass("8.1:both_generations", needle='"subject": "Flat subject"'),
    *(CoverageClass(f"node_type:{kind}", needle=f'"type": "{kind}"') for kind in TYPES),
    *(CoverageClass(f"handle:{form}", needle=needle) for form, (*_, needle) in _FORKS.items()),
)
