"""Legacy rows made up for tests: small, valid unless a test says otherwise."""

from itertools import pairwise
from typing import Any

from atlas_workflows.exact_json import dumps_text
from atlas_workflows.graph.model import Node, Trigger
from atlas_workflows.legacy.records import LegacyWorkflow, Row, Translation
from atlas_workflows.legacy.translate import translate_or_raise

ORGANIZATION = "11111111-1111-4111-8111-111111111111"
WORKFLOW = "22222222-2222-4222-8222-222222222222"
ROW = "33333333-3333-4333-8333-333333333333"
AT = {"x": 10, "y": 20}


def text_of(value: Any) -> str | None:
    """A column's text: a str stands for itself, None is SQL NULL, anything else is JSON."""
    return value if value is None or isinstance(value, str) else dumps_text(value)


def record(
    shape: str = "A",
    *,
    triggers: tuple[Row, ...] = (),
    webhooks: tuple[Row, ...] = (),
    schedules: tuple[Row, ...] = (),
    node_rows: tuple[Row, ...] = (),
    organization: str | None = ORGANIZATION,
    **columns: Any,
) -> LegacyWorkflow:
    row = {"id": WORKFLOW, "name": "Welcome", "status": "active"}
    if shape in ("C", "E", "F", "S"):
        del row["status"]
    row.update({name: text_of(value) for name, value in columns.items()})
    return LegacyWorkflow(
        shape, "workflows", WORKFLOW, organization, row,
        trigger_rows=triggers, webhook_rows=webhooks, schedule_rows=schedules, node_rows=node_rows,
    )  # fmt: skip


def trigger_node(kind: str = "lead_created", id_: str = "t", **config: Any) -> dict[str, Any]:
    data = {"label": "Start", "actionType": kind, "config": {"subtype": kind, **config}}
    return {"id": id_, "type": "trigger", "position": AT, "data": data}


def action_node(kind: str, id_: str = "a", **config: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "type": "action",
        "position": AT,
        "data": {"label": id_, "actionType": kind, "config": config},
    }


def flat_node(label: str, id_: str = "a", type_: str = "action", **settings: Any) -> dict[str, Any]:
    """A node of the first generation."""
    return {"id": id_, "type": type_, "position": AT, "data": {"label": label, **settings}}


def logic_node(type_: str, id_: str = "l", **config: Any) -> dict[str, Any]:
    return {"id": id_, "type": type_, "position": AT, "data": {"label": id_, "config": config}}


def edge(source: str, target: str, handle: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "id": f"{source}-{target}-{handle}",
        "source": source,
        "target": target,
        "sourceHandle": handle,
        **more,
    }


def chain(*nodes: dict[str, Any], **columns: Any) -> LegacyWorkflow:
    """Shape A: the trigger, then these nodes one after the other."""
    ids = ["t", *(node["id"] for node in nodes)]
    edges = [edge(source, target) for source, target in pairwise(ids)]
    return record(nodes=[trigger_node(), *nodes], edges=edges, **columns)


def translated(*nodes: dict[str, Any], **columns: Any) -> Translation:
    return translate_or_raise(chain(*nodes, **columns))


def only_node(*nodes: dict[str, Any], **columns: Any) -> Node:
    """The first node after the trigger."""
    workflow = translated(*nodes, **columns).workflow
    assert workflow is not None
    return workflow.nodes[0]


def only_trigger(legacy: LegacyWorkflow) -> Trigger:
    workflow = translate_or_raise(legacy).workflow
    assert workflow is not None
    assert len(workflow.triggers) == 1
    return workflow.triggers[0]


def codes(translation: Translation) -> set[str]:
    return {str(reason.code) for reason in translation.reasons}


def change_codes(translation: Translation) -> set[str]:
    return {str(change.code) for change in translation.changes}
