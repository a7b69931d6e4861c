"""What starts a workflow: precedence between rows, node, column and config; disagreement, duplicates, parameters."""

from typing import Any

import pytest
from legacy_rows import (
    ORGANIZATION,
    ROW,
    action_node,
    change_codes,
    codes,
    edge,
    only_trigger,
    record,
    trigger_node,
)

from atlas_workflows.legacy.ids import derived_id
from atlas_workflows.legacy.records import LegacyWorkflow, Translation
from atlas_workflows.legacy.translate import translate_or_raise

NODES = [trigger_node("website_form", formId="all"), action_node("send_sms", message="Hi")]
EDGES = [edge("t", "a")]


def row(kind: str, config: str = "{}", id_: str = ROW, **more: str) -> dict[str, str | None]:
    return {
        "id": id_,
        "trigger_type": kind,
        "trigger_config": config,
        "is_active": "true",
        "last_triggered_at": None,
        **more,
    }


def types(translation: Translation) -> list[str]:
    assert translation.workflow is not None
    return [trigger.type for trigger in translation.workflow.triggers]


@pytest.mark.parametrize(
    ("column", "config", "expected", "reported"),
    [
        (None, {}, "form_submitted", False),
        ("manual", {}, "form_submitted", False),
        ("form_submitted", {}, "form_submitted", False),
        ("new_lead", {}, "form_submitted", True),
        ("new_lead", {"source": "web"}, "lead_created", True),
    ],
)  # fmt: skip
def test_the_node_wins_where_the_column_is_empty_manual_or_not_configured(
    column: str | None, config: dict[str, Any], expected: str, reported: bool
) -> None:
    translation = translate_or_raise(
        record(nodes=NODES, edges=EDGES, trigger_type=column, trigger_config=config)
    )
    assert types(translation) == [expected]
    assert ("TRIGGER_DISAGREEMENT" in codes(translation)) is reported
    assert translation.workflow is not None
    assert translation.workflow.edges[0].source == translation.workflow.triggers[0].id == "t"


def test_a_column_that_loses_to_the_node_has_to_be_signed() -> None:
    translation = translate_or_raise(
        record(nodes=NODES, edges=EDGES, trigger_type="new_lead", trigger_config={})
    )
    assert "TRIGGER_IDENTITY_CHANGED" in change_codes(translation)


def test_a_registered_row_wins_over_node_and_column() -> None:
    legacy = record("B", triggers=(row("contact_tagged", '{"tagId": "vip"}'),), workflow_data={"nodes": NODES, "edges": EDGES},
                    trigger_type="new_lead", trigger_config={"source": "web"})  # fmt: skip
    translation = translate_or_raise(legacy)
    assert types(translation) == ["contact_tagged"]
    assert translation.workflow is not None
    trigger = translation.workflow.triggers[0]
    assert trigger.parameters["tags"] == ["vip"]
    assert trigger.parameters["extra"]["trigger_node"]["type"] == "website_form"
    assert trigger.parameters["extra"]["trigger_column"]["type"] == "new_lead"
    assert str(translation.links[0].row_id) == ROW
    assert "TRIGGER_DISAGREEMENT" in codes(translation)


def test_the_same_trigger_under_two_names_is_one() -> None:
    legacy = record(
        "B",
        triggers=(row("new_lead"), row("lead_created", id_=ORGANIZATION)),
        workflow_data={"nodes": [], "edges": []},
    )
    translation = translate_or_raise(legacy)
    assert types(translation) == ["lead_created"]
    assert "TRIGGER_DUPLICATE" in codes(translation)


def test_two_rows_of_one_type_with_different_settings_both_stay() -> None:
    rows = (row("new_lead", '{"source": "a"}'), row("lead_created", '{"source": "b"}', id_=ORGANIZATION))
    translation = translate_or_raise(record("B", triggers=rows, workflow_data={"nodes": [], "edges": []}))
    assert types(translation) == ["lead_created", "lead_created"]
    assert len({link.row_id for link in translation.links}) == 2


def test_several_trigger_nodes_stay_several() -> None:
    nodes = [
        trigger_node("new_lead", "t"),
        trigger_node("webhook", "u"),
        action_node("send_sms", message="Hi"),
    ]
    translation = translate_or_raise(
        record(nodes=nodes, edges=[edge("t", "a"), edge("u", "a")], trigger_type="new_lead")
    )
    assert types(translation) == ["lead_created", "webhook"]
    assert "SEVERAL_TRIGGERS" in codes(translation)
    assert translation.workflow is not None
    assert [e.source for e in translation.workflow.edges] == ["t", "u"]


def test_a_trigger_that_was_never_drawn_starts_the_first_nodes() -> None:
    translation = translate_or_raise(
        record(nodes=[action_node("send_sms", message="Hi")], edges=[], trigger_type="new_lead")
    )
    assert translation.workflow is not None
    assert [(e.source, e.target) for e in translation.workflow.edges] == [("trigger", "a")]
    assert "TRIGGER_EDGES_ADDED" in codes(translation)
    assert translation.links[0].row_id == derived_id("workflows", translation.workflow.id, "trigger:trigger")


def test_a_row_beside_a_drawn_trigger_starts_what_that_one_starts() -> None:
    legacy = record(
        "B",
        triggers=(row("form_submitted"), row("manual", id_=ORGANIZATION)),
        workflow_data={"nodes": NODES, "edges": EDGES},
    )
    translation = translate_or_raise(legacy)
    assert translation.workflow is not None
    assert {(e.source, e.target) for e in translation.workflow.edges} == {("t", "a"), ("trigger", "a")}


def test_nothing_that_starts_it_is_said_and_keeps_it_off() -> None:
    translation = translate_or_raise(record(nodes=[action_node("send_sms", message="Hi")], edges=[]))
    assert types(translation) == []
    assert "NO_TRIGGER" in codes(translation)
    assert translation.status == "paused"


@pytest.mark.parametrize(
    ("stored", "extra"),
    [
        ('"{\\"source\\": \\"web\\"}"', None),
        ("[1, 2]", [1, 2]),
        ('"words"', "words"),
        ("null", None),
        (None, None),
    ],
)
def test_any_form_of_trigger_config(stored: str | None, extra: Any) -> None:
    translation = translate_or_raise(
        record(nodes="[]", edges="[]", trigger_type="new_lead", trigger_config=stored)
    )
    assert types(translation) == ["lead_created"]
    assert translation.workflow is not None
    parameters = translation.workflow.triggers[0].parameters
    assert parameters.get("extra", {}).get("trigger_config") == extra
    assert ("TRIGGER_CONFIG_MALFORMED" in codes(translation)) is (extra is not None)


def test_only_the_column_was_ever_read_and_what_the_node_says_is_kept() -> None:
    legacy = record(nodes=[trigger_node("new_lead", source="web", sourceId="9")], edges=[], trigger_type="lead_created",
                    trigger_config={"source": "walk-in", "tags": ["a"]})  # fmt: skip
    translation = translate_or_raise(legacy)
    assert translation.workflow is not None
    parameters = translation.workflow.triggers[0].parameters
    assert parameters["sources"] == ["walk-in"]
    assert parameters["tags"] == ["a"]
    assert "source_id" not in parameters  # no door compared it, and none read the node
    assert parameters["extra"]["nodes.sourceId"] == "9"
    assert "web" in parameters["extra"].values()
    assert "TRIGGER_CONFIGS_DISAGREE" in codes(translation)


PARAMETERS = [
    ("lead_created", {"source": "all", "tags": ["a"], "leadScore": {"min": 10, "max": 90}},
     {"tags": ["a"], "minimum_score": 10, "maximum_score": 90}),
    ("manual_lead", {}, {"sources": ["manual"]}),
    ("lead_updated", {"fields": ["status"]}, {"fields": ["status"]}),
    ("lead_stage_changed", {"fromStage": "new", "toStage": "won"}, {"from_stage": "new", "to_stage": "won"}),
    ("form_submitted", {"formId": "all", "formType": "all"}, {}),
    ("form_submitted", {"formId": "f1", "duplicateHandling": "skip"}, {"form_ids": ["f1"], "duplicate_handling": "skip"}),
    ("form_submitted", {"conditions": [{"field": "goal", "operator": "equals", "value": "x"}]}, None),
    ("website_form", {}, {"form_type": "website"}),
    ("facebook_lead_form", {"pageId": "p", "formSelection": "all", "formIds": ["old"]},
     {"form_type": "facebook", "page_id": "p", "extra": {"formSelection": "all", "unused.formIds": ["old"]}}),
    ("contact_tagged", {"tagId": "vip", "tagAction": "removed"}, {"tags": ["vip"], "action": "removed"}),
    ("email_event", {"eventType": "clicked", "emailId": "e"}, {"event": "clicked", "email_id": "e"}),
    ("email_opened", {}, {"event": "opened"}),
    ("whatsapp_message", {"keywords": ["stop"]}, {"channel": "whatsapp", "keywords": ["stop"]}),
    ("appointment_booked", {"appointmentType": "intro"}, {"appointment_types": ["intro"]}),
    ("membership_expiring", {"daysBefore": "7"}, {"days_before": 7}),
    ("ai_churn_risk", {"threshold": 0.7}, None),
    ("webhook", {"webhookId": "w1", "method": "post", "webhookEvent": "paid"}, {"endpoint_id": "w1", "method": "POST", "event": "paid"}),
    ("custom_date_trigger", {"field": "trial_ends_on", "daysBefore": 3},
     {"field": "trial_ends_on", "offset": {"amount": 3, "unit": "days"}, "offset_direction": "before"}),
    ("custom", {"eventName": "paid"}, {"name": "paid"}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "config", "expected"), PARAMETERS)
def test_parameters_of_triggers(kind: str, config: dict[str, Any], expected: dict[str, Any] | None) -> None:
    parameters = only_trigger(record(nodes=[trigger_node(kind, **config)], edges=[])).parameters
    if expected is not None:
        assert parameters == expected
    elif "conditions" in config:
        assert parameters["filters"]["field"] == "trigger.goal"
    else:
        assert str(parameters["threshold"]) == "0.7"


@pytest.mark.parametrize(
    ("kind", "conditions", "code", "before"),
    [("lead_score_threshold", {"threshold": 0}, "SCORE_ZERO_HONOURED", 80), ("lead_score_change", {"minChange": 0}, "SCORE_ZERO_HONOURED", 10),
     ("lead_score_threshold", {"threshold": 50, "direction": "crosses"}, "SCORE_CROSSING", None)],
)  # fmt: skip
def test_what_the_scoring_code_made_of_its_settings_is_a_change(
    kind: str, conditions: dict[str, Any], code: str, before: int | None
) -> None:
    translation = translate_or_raise(
        record(nodes="[]", edges="[]", trigger_type=kind, trigger_config={"conditions": conditions})
    )
    found = [change for change in translation.changes if str(change.code) == code]
    assert len(found) == 1
    assert before is None or found[0].before == before


@pytest.mark.parametrize(
    "kind", ["scheduled", "lead_score_threshold", "lead_score_change", "lead_became_hot", "lead_became_cold"]
)
def test_what_never_fired_has_to_be_signed_before_it_does(kind: str) -> None:
    config = {"cronExpression": "0 9 * * 1", "timezone": "Europe/London"} if kind == "scheduled" else {}
    translation = translate_or_raise(record(nodes=[trigger_node(kind, **config)], edges=[]))
    assert "NEVER_FIRED_IN_LEGACY" in change_codes(translation)


def test_a_row_that_says_when_it_fired_did_fire() -> None:
    fired = row("lead_score_threshold") | {"last_triggered_at": "2025-01-01 00:00:00+00"}
    translation = translate_or_raise(record("B", triggers=(fired,), workflow_data={"nodes": [], "edges": []}))
    assert "NEVER_FIRED_IN_LEGACY" not in change_codes(translation)
    assert translation.links[0].last_triggered_at == "2025-01-01 00:00:00+00"


def test_a_webhook_row_keeps_its_endpoint_and_gives_up_its_secret() -> None:
    webhook = {
        "id": ROW,
        "name": "Forms",
        "endpoint_id": "ep-1",
        "secret": "s3cr3t-value",
        "is_active": "true",
    }
    legacy = record(
        "B", webhooks=(webhook,), workflow_data={"nodes": [], "edges": []}, trigger_type="webhook"
    )
    translation = translate_or_raise(legacy)
    assert translation.workflow is not None
    parameters = translation.workflow.triggers[0].parameters
    assert parameters["endpoint_id"] == "ep-1"
    assert parameters["secret"] == {"$secret": str(derived_id("webhook_triggers", ROW, "secret:secret"))}
    assert translation.links[0].webhook_endpoint == "ep-1"
    assert "s3cr3t-value" not in repr(translation)


def test_a_schedule_row_becomes_the_schedule_of_its_trigger() -> None:
    schedule = {
        "id": ROW,
        "schedule_type": "cron",
        "schedule_config": '{"cronExpression": "0 9 * * 1"}',
        "timezone": "Europe/Paris",
        "is_active": "false",
    }
    legacy: LegacyWorkflow = record(
        "B", schedules=(schedule,), workflow_data={"nodes": [], "edges": []}, trigger_type="scheduled"
    )
    trigger = only_trigger(legacy)
    assert trigger.parameters["schedule"]["cron"] == "0 9 * * 1"
    assert trigger.parameters["schedule"]["timezone"] == "Europe/Paris"
    assert trigger.enabled is False
