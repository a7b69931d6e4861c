"""Shapes C to F and the scoring mix: a trigger, a gate for the workflow's conditions, and a chain of actions."""

from typing import Any

import pytest
from legacy_rows import ORGANIZATION, WORKFLOW, change_codes, codes, record, text_of

from atlas_workflows.legacy.records import SourceRow
from atlas_workflows.legacy.source.readers import a, b, c, d, e, f, scoring
from atlas_workflows.legacy.translate import translate_or_raise

ACTIONS = [
    {"type": "send_sms", "config": {"message": "Hi"}},
    {"type": "add_tag", "tag": "vip"},
    {"type": "wait", "duration": 1, "unit": "minutes"},
]
ON = {
    "C": {"active": "true"},
    "D": {"status": "active"},
    "E": {"is_active": "true"},
    "F": {"is_active": "true"},
    "S": {"is_active": "true"},
}


@pytest.mark.parametrize("shape", "CDEF")
def test_actions_become_a_chain_behind_the_trigger(shape: str) -> None:
    translation = translate_or_raise(
        record(shape, actions=ACTIONS, trigger_type="new_lead", trigger_config={}, **ON[shape])
    )
    assert translation.workflow is not None
    assert [n.type for n in translation.workflow.nodes] == ["send_sms", "add_tags", "wait"]
    ids = [n.id for n in translation.workflow.nodes]
    assert {(x.source, x.target) for x in translation.workflow.edges} == {
        ("trigger", ids[0]),
        (ids[0], ids[1]),
        (ids[1], ids[2]),
    }
    assert translation.status == "active"
    assert "TRIGGER_EDGES_ADDED" not in codes(translation)


def test_workflow_conditions_stop_and_action_conditions_skip() -> None:
    condition = {"field": "status", "operator": "equals", "value": "new"}
    actions = [{"type": "send_sms", "message": "Hi", "conditions": [condition]}]
    translation = translate_or_raise(
        record("C", actions=actions, conditions=[condition], trigger_type="new_lead", active="true")
    )
    assert translation.workflow is not None
    action, gate = translation.workflow.nodes
    assert gate.type == "filter"
    assert action.parameters["skip_unless"]["field"] == "contact.status"
    assert [(x.source, x.target) for x in translation.workflow.edges] == [
        ("trigger", gate.id),
        (gate.id, action.id),
    ]


def test_the_settings_of_e_are_called_trigger_conditions() -> None:
    translation = translate_or_raise(
        record(
            "E",
            actions=[],
            trigger_type="form_submitted",
            trigger_conditions={"formId": "f1"},
            is_active="false",
        )
    )
    assert translation.workflow is not None
    assert translation.workflow.triggers[0].parameters == {"form_ids": ["f1"]}
    assert translation.status == "paused"


@pytest.mark.parametrize("stored", [None, "null", '"[]"', "[null]"])
def test_actions_that_are_none(stored: str | None) -> None:
    translation = translate_or_raise(record("C", actions=stored, trigger_type="new_lead", active="false"))
    assert translation.workflow is not None
    assert translation.workflow.nodes == ()


def test_keys_outside_and_inside_config_are_both_kept() -> None:
    actions = [
        {
            "type": "send_sms",
            "name": "First",
            "message": "outer",
            "config": {"message": "inner", "own": 1},
            "id": "x",
        },
        {"type": "send_sms", "id": "x", "message": "m"},
    ]
    translation = translate_or_raise(record("C", actions=actions, trigger_type="new_lead", active="true"))
    assert translation.workflow is not None
    first, second = translation.workflow.nodes
    assert (first.id, first.name, first.parameters) == (
        "x",
        "First",
        {"message": "inner", "extra": {"own": 1, "config.message": "outer"}},
    )
    assert (second.id, second.parameters["extra"]) == ("step-2", {"id": "x"})


def scoring_workflow(*actions: dict[str, Any], **conditions: Any) -> Any:
    config = {"trigger_type": "lead_score_threshold", "conditions": conditions}
    return translate_or_raise(record("S", actions=list(actions), trigger_config=config, is_active="true"))


def test_a_scoring_workflow_never_fired_and_its_messages_were_stubs() -> None:
    translation = scoring_workflow(
        {"type": "send_email", "templateId": "t"},
        {"type": "send_sms", "content": "Hi"},
        threshold=70,
        direction="below",
    )
    assert translation.workflow.triggers[0].type == "lead_score_threshold"
    assert translation.workflow.triggers[0].parameters == {"threshold": 70, "direction": "below"}
    assert {"NEVER_FIRED_IN_LEGACY", "ACTION_WAS_STUB"} <= change_codes(translation)
    assert [str(change.code) for change in translation.changes].count("ACTION_WAS_STUB") == 2


def test_tasks_of_scoring_workflows_were_due_after_a_day() -> None:
    translation = scoring_workflow(
        {"type": "create_task", "title": "Call"},
        {"type": "create_task", "title": "Call", "due_date": "2 days"},
    )
    assert [n.parameters["due_in"] for n in translation.workflow.nodes] == [
        {"amount": 24, "unit": "hours"},
        {"amount": 2, "unit": "days"},
    ]


@pytest.mark.parametrize(
    ("action", "type_", "parameters"),
    [
        ({"type": "assign_to_user", "userId": "u"}, "assign_lead", {"user_id": "u"}), ({"type": "add_tag", "tagId": "t"}, "add_tags", {"tags": ["t"]}),
        ({"type": "update_status", "status": "hot"}, "update_lead_status", {"status": "hot"}),
        ({"type": "webhook", "url": "https://a.example", "headers": {"X": "1"}}, "send_webhook", {"url": "https://a.example", "headers": {"X": "1"}}),
    ],
)  # fmt: skip
def test_actions_of_scoring_workflows(action: dict[str, Any], type_: str, parameters: dict[str, Any]) -> None:
    node = scoring_workflow(action).workflow.nodes[0]
    assert (node.type, node.parameters) == (type_, parameters)


@pytest.mark.parametrize(
    ("module", "columns", "shape", "organization"),
    [
        (a, {"organization_id": ORGANIZATION}, "A", ORGANIZATION), (a, {}, "A", None), (b, {"organization_id": ORGANIZATION}, "B", ORGANIZATION),
        (c, {"org_id": ORGANIZATION}, "C", ORGANIZATION), (d, {"organization_id": ORGANIZATION}, "D", ORGANIZATION),
        (e, {"organization_id": ORGANIZATION}, "E", ORGANIZATION), (f, {"organization_id": ORGANIZATION}, "F", ORGANIZATION),
        (f, {"organization_id": ORGANIZATION, "trigger_config": text_of({"trigger_type": "lead_score_threshold"})}, "S", ORGANIZATION),
        (scoring, {"organization_id": ORGANIZATION}, "S", ORGANIZATION),
    ],
)  # fmt: skip
def test_readers_make_records(
    module: Any, columns: dict[str, str | None], shape: str, organization: str | None
) -> None:
    found = module.READER.record(
        SourceRow("workflows", WORKFLOW, {"id": WORKFLOW, **columns}, {"triggers": ({"id": "x"},)})
    )
    assert (found.shape, found.organization_id, found.id, found.trigger_rows) == (
        shape,
        organization,
        WORKFLOW,
        ({"id": "x"},),
    )


def test_a_flat_step_has_one_type_and_one_name_for_two_things() -> None:
    actions = [
        {"type": "duration", "duration": 2, "unit": "minutes"},
        {"type": "create_opportunity", "name": "Deal"},
        {"type": "add_tag", "name": "Tag", "tag": "x"},
    ]
    translation = translate_or_raise(record("F", actions=actions, trigger_type="webhook", is_active="true"))
    assert translation.workflow is not None
    wait, deal, tag = translation.workflow.nodes
    assert wait.parameters == {"wait": {"kind": "duration", "amount": 2, "unit": "minutes"}}
    assert deal.parameters == {"name": "Deal"}
    assert (tag.name, tag.parameters) == ("Tag", {"tags": ["x"]})
