"""Parameters of actions and logic nodes from every spelling of a setting that the legacy contract lists."""

from decimal import Decimal
from typing import Any

import pytest
from legacy_rows import action_node, change_codes, codes, flat_node, logic_node, only_node, translated

CASES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    *(("send_sms", {key: "Hi"}, {"message": "Hi"}) for key in ("message", "body", "content", "customMessage")),
    *(("send_email", {"subject": "S", key: "Hi"}, {"subject": "S", "body": "Hi"}) for key in ("message", "body", "content", "customMessage")),
    *(("send_sms", {"message": "x", key: "+441234567890"}, {"message": "x", "to": "+441234567890"}) for key in ("to", "recipient", "phone_number")),
    *(("send_email", {key: "welcome-offer"}, {"template_id": "welcome-offer"}) for key in ("templateId", "template_id", "templateName")),
    *(("create_task", {key: "Call"}, {"title": "Call"}) for key in ("title", "taskTitle")),
    *(("assign_lead", {key: "u1"}, {"user_id": "u1"}) for key in ("assignTo", "assignedTo", "assigned_to", "userId", "staff_id")),
    *(("create_task", {"title": "C", key: "3 days"}, {"title": "C", "due_in": {"amount": 3, "unit": "days"}}) for key in ("dueDate", "due_date")),
    *(("send_webhook", {key: "https://a.example"}, {"url": "https://a.example"}) for key in ("url", "webhookUrl", "webhook_url")),
    *(("add_tag", {key: "vip"}, {"tags": ["vip"]}) for key in ("tag", "tagId")),
    ("add_tags", {"tags": ["a", "b"]}, {"tags": ["a", "b"]}),
    ("remove_tag", {"tag": "vip"}, {"tags": ["vip"]}),
    ("send_email", {"subject": "S", "body": "B", "cc": "a@b.example, c@d.example", "replyTo": "r@b.example", "tracking": {"opens": False}},
     {"subject": "S", "body": "B", "cc": ["a@b.example", "c@d.example"], "reply_to": "r@b.example", "track_opens": False}),
    ("send_email", {"mode": "custom", "subject": "S", "body": "B", "templateId": "t1"},
     {"subject": "S", "body": "B", "extra": {"mode": "custom", "unused.templateId": "t1"}}),
    ("send_email", {"subject": "S", "body": "B", "abTestConfig": {"variants": [1, 2]}, "scheduledTime": "2026-01-01T09:00:00Z"},
     {"subject": "S", "body": "B", "ab_test": {"variants": [1, 2]}, "send_at": "2026-01-01T09:00:00Z"}),
    ("send_whatsapp", {"mode": "template", "templateName": "hello", "templateParameters": ["x"]},
     {"session": "template", "template_id": "hello", "template_parameters": ["x"]}),
    ("send_whatsapp", {"message": "Hi"}, {"message": "Hi"}),
    ("update_lead", {"field": "status", "value": "won"}, {"fields": {"status": "won"}}),
    ("update_lead", {"fields": {"score": 5}}, {"fields": {"score": 5}}),
    ("update_lead", {"status": "won"}, {"fields": {"status": "won"}}),
    ("update_field", {"field": "a", "value": 1, "fields": {"b": 2}}, {"fields": {"b": 2, "a": 1}}),
    ("update_contact", {"updates": {"a": 1}, "mergeStrategy": "append"}, {"fields": {"a": 1}, "merge_strategy": "append"}),
    ("update_status", {"status": "contacted"}, {"status": "contacted"}),
    ("change_stage", {"stageId": "won"}, {"stage": "won"}),
    ("Update Lead Score", {"operation": "add", "value": "5"}, {"operation": "add", "value": 5}),
    ("create_task", {"title": "C", "priority": "low", "dueDate": "2026-02-01"}, {"title": "C", "priority": "low", "due_at": "2026-02-01"}),
    ("create_task", {"title": "C", "dueDate": {"value": 2, "unit": "hours"}}, {"title": "C", "due_in": {"amount": 2, "unit": "hours"}}),
    ("add_note", {"note": "n"}, {"text": "n"}),
    ("log_activity", {"activityType": "call", "description": "d"}, {"activity_type": "call", "description": "d"}),
    ("create_opportunity", {"title": "Deal", "amount": "12.50", "stage": "new"}, {"name": "Deal", "value": Decimal("12.50"), "stage": "new"}),
    ("book_appointment", {"appointmentType": "intro", "dateTime": "2026-01-01T10:00"}, {"appointment_type": "intro", "starts_at": "2026-01-01T10:00"}),
    ("cancel_booking", {"bookingId": "b", "refundPolicy": "full"}, {"appointment_id": "b", "refund_policy": "full"}),
    ("track_event", {"eventName": "e", "properties": {"a": 1}}, {"name": "e", "properties": {"a": 1}}),
    ("ai_generate_content", {"prompt": "p", "temperature": "0.5", "maxTokens": 9},
     {"prompt": "p", "temperature": Decimal("0.5"), "extra": {"maxTokens": 9}}),
    ("http_request", {"url": "https://a.example", "method": "post", "headers": [{"key": "X-A", "value": "1"}], "body": {"a": 1}, "timeout": 30},
     {"url": "https://a.example", "method": "POST", "headers": {"X-A": "1"}, "body": {"a": 1}, "timeout_seconds": 30}),
    ("http_request", {"url": "https://a.example", "timeout": 30000}, {"url": "https://a.example", "extra": {"timeout": 30000}}),
    ("enrich_lead_data", {"provider": "p", "fields": ["a"]}, {"provider": "p", "fields": ["a"]}),
    ("format_text", {"text": "x", "outputVariable": "o"}, {"text": "x", "output": "o"}),
    ("format_text", {"text": "x"}, {"text": "x", "output": "node_a_output"}),
    ("send_slack", {"message": "m", "channel": "internal"}, {"message": "m", "channel": "internal"}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "config", "expected"), CASES)
def test_settings_of_actions(kind: str, config: dict[str, Any], expected: dict[str, Any]) -> None:
    assert only_node(action_node(kind, **config)).parameters == expected


@pytest.mark.parametrize(
    ("kind", "config", "expected"), [case for case in CASES if not {"extra", "description"} & case[2].keys()]
)
def test_settings_of_the_first_generation_stand_in_data(
    kind: str, config: dict[str, Any], expected: dict[str, Any]
) -> None:
    node = {
        "id": "a",
        "type": "action",
        "position": {"x": 1, "y": 2},
        "data": {"label": "L", "actionType": kind, **config},
    }
    assert only_node(node).parameters == expected


def test_a_setting_nobody_knows_goes_to_extra() -> None:
    node = only_node(action_node("send_sms", message="Hi", moonPhase={"full": [1, None]}))
    assert node.parameters == {"message": "Hi", "extra": {"moonPhase": {"full": [1, None]}}}


def test_two_spellings_that_disagree_are_reported_and_both_kept() -> None:
    translation = translated(action_node("send_sms", message="new", body="old"))
    assert translation.workflow is not None
    assert translation.workflow.nodes[0].parameters == {"message": "old", "extra": {"message": "new"}}
    assert "ALIASES_DISAGREE" in codes(translation)
    assert "ALIASES_DISAGREE" not in codes(translated(action_node("send_sms", message="x", body="x")))


def test_a_value_that_does_not_fit_stays_in_extra() -> None:
    translation = translated(action_node("create_opportunity", name="Deal", value="a lot"))
    assert translation.workflow is not None
    assert translation.workflow.nodes[0].parameters == {"name": "Deal", "extra": {"value": "a lot"}}
    assert "PARAMETER_INVALID" in codes(translation)


@pytest.mark.parametrize(("stored", "ours"), [("normal", "medium"), ("urgent", "high")])
def test_priorities_the_database_refused(stored: str, ours: str) -> None:
    translation = translated(action_node("create_task", title="C", priority=stored))
    assert translation.workflow is not None
    assert translation.workflow.nodes[0].parameters == {
        "title": "C",
        "priority": ours,
        "extra": {"legacy_priority": stored},
    }
    assert "PARAMETER_INVALID" in codes(translation)


def test_an_action_condition_skips_the_action() -> None:
    node = only_node(
        action_node(
            "send_sms",
            message="x",
            conditions=[{"field": "lead.status", "operator": "equals", "value": "new"}],
        )
    )
    assert node.parameters["skip_unless"]["field"] == "contact.status"


def test_a_formula_that_was_code_is_a_formula_now_and_has_to_be_signed() -> None:
    translation = translated(action_node("calculate_value", expression="=score*2", outputVariable="o"))
    assert translation.workflow is not None
    assert translation.workflow.nodes[0].parameters == {"expression": "score*2", "output": "o"}
    assert "CODE_NOT_EXECUTED" in change_codes(translation)


def test_program_code_is_kept_and_never_becomes_something_that_executes() -> None:
    translation = translated(logic_node("transform", script="return 1"))
    assert translation.workflow is not None
    assert translation.workflow.nodes[0].type == "unknown"
    assert {"CODE_NOT_EXECUTED"} <= change_codes(translation)
    assert translation.status == "paused"


def test_texts_are_translated_for_their_channel() -> None:
    assert (
        only_node(action_node("send_sms", message="Hi [first_name]"))
        .parameters["message"]
        .startswith("Hi {{ contact.first_name")
    )
    assert (
        only_node(action_node("send_email", subject="x", body="[first_name] {{firstName}}"))
        .parameters["body"]
        .count("{{")
        >= 1
    )
    assert (
        only_node(action_node("http_request", url="https://a.example", body={"n": "{{lead.name}}"}))
        .parameters["body"]["n"]
        .startswith("{{ contact.name")
    )


@pytest.mark.parametrize(
    ("data", "fact", "value"),
    [
        ({"enabled": False}, "enabled", False), ({"disabled": True}, "enabled", False),
        ({"continueOnError": True}, "on_error", "continue"), ({"continueOnError": False}, "on_error", "stop"),
    ],
)  # fmt: skip
def test_facts_of_a_node(data: dict[str, Any], fact: str, value: Any) -> None:
    node = only_node(action_node("send_sms", message="x", **data))
    assert getattr(node, fact) == value
    assert node.parameters == {"message": "x"}


def test_retry_settings_of_a_node() -> None:
    retry = {
        "enabled": True,
        "maxAttempts": 5,
        "backoffType": "linear",
        "backoffBase": 2000,
        "retryOn": ["timeout"],
    }
    node = only_node(action_node("send_sms", message="x", retryConfig=retry))
    assert node.retry is not None
    assert (node.retry.attempts, node.retry.backoff, node.retry.delay_seconds, node.retry.retry_on) == (
        5,
        "linear",
        2.0,
        ("timeout",),
    )
    odd = only_node(action_node("send_sms", message="x", retryConfig={"maxAttempts": "many"}))
    assert odd.retry is None
    assert odd.parameters["extra"] == {"retryConfig": {"maxAttempts": "many"}}


LOGIC: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("loop", {"loopType": "for_each", "arrayPath": "{{trigger.items}}", "maxIterations": 10}, {"kind": "for_each", "items": "trigger.items", "max_iterations": 10}),
    ("loop", {"loopType": "fixed_count", "iterations": "3"}, {"kind": "count", "count": 3}),
    ("loop", {"iterations": 3, "maxIterations": 99999}, {"kind": "count", "count": 3, "extra": {"maxIterations": 99999}}),
    ("parallel", {"branches": 3}, {"branches": 3}),
    ("parallel", {}, {"branches": 2}),
    ("merge", {"mergeType": "wait_all"}, {"mode": "all"}),
    ("merge", {"waitForAll": False}, {"mode": "first"}),
    ("sub_workflow", {"workflowId": "w", "waitForCompletion": False}, {"workflow_id": "w", "wait_for_result": False}),
    ("end", {"outcome": "won"}, {"outcome": "won"}),
    ("note", {"text": "n"}, {"text": "n"}),
    ("switch", {"switchValue": "{{trigger.source}}", "cases": [{"name": "web", "value": "w"}, {"name": "big", "type": "range", "min": 5, "max": "9"}]},
     {"value": "{{ trigger.source }}", "cases": [{"port": "web", "kind": "exact", "value": "w"}, {"port": "big", "kind": "range", "min": 5, "max": 9}]}),
    ("wait", {"duration": 2, "unit": "hours"}, {"wait": {"kind": "duration", "amount": 2, "unit": "hours"}}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "config", "expected"), LOGIC)
def test_settings_of_logic_nodes(kind: str, config: dict[str, Any], expected: dict[str, Any]) -> None:
    assert only_node(logic_node(kind, **config)).parameters == expected


@pytest.mark.parametrize(
    "config",
    [
        {"field": "lead.score", "operator": "gt", "value": 5}, {"condition": {"field": "lead.score", "operator": "gt", "value": 5}},
        {"conditions": [{"field": "lead.score", "operator": "greater", "value": 5}], "operator": "AND"},
        {"conditions": [{"field": "lead.score", "operator": "greater_than", "value": 5}], "logic": "and"},
        {"conditionType": "lead_score", "operator": "greater_than", "value": 5},
    ],
)  # fmt: skip
def test_every_form_of_a_condition(config: dict[str, Any]) -> None:
    condition = only_node(logic_node("condition", **config)).parameters["condition"]
    leaf = condition["conditions"][0] if "conditions" in condition else condition
    assert (leaf["field"], leaf["operator"], leaf["value"]) == ("contact.score", "greater_than", 5)


def test_a_condition_nobody_can_read_is_kept_and_named() -> None:
    translation = translated(logic_node("condition", field="a", operator="sounds_like", value="b"))
    assert translation.workflow is not None
    parameters = translation.workflow.nodes[0].parameters
    assert "condition" not in parameters
    assert parameters["extra"]["legacy_condition"]["operator"] == "sounds_like"
    assert "CONDITION_OPERATOR_UNKNOWN" in codes(translation)


def test_ai_decisions_and_prompts() -> None:
    assert only_node(logic_node("ai_decision", prompt="Is it warm?")).type == "unknown"
    assert only_node(logic_node("ai", prompt="Write")).type == "ai_generate"
    assert only_node(flat_node("AI", type_="ai")).type == "unknown"
