"""Every spelling of a trigger, an action or a node type that occurs in the legacy contract, sections 8.1, 8.6 and 8.7."""

import pytest
from legacy_rows import (
    action_node,
    change_codes,
    codes,
    edge,
    flat_node,
    logic_node,
    only_node,
    only_trigger,
    record,
    translated,
    trigger_node,
)

from atlas_workflows.legacy.translate import translate_or_raise
from atlas_workflows.nodes.catalogue import load_catalogue

TRIGGERS = {
    "lead_created": "lead_created", "new_lead": "lead_created", "lead_trigger": "lead_created", "lead.created": "lead_created",
    "manual_lead": "lead_created", "lead_updated": "lead_updated", "lead.updated": "lead_updated",
    "lead_stage_changed": "lead_stage_changed", "lead.converted": "lead_converted", "lead_scored": "lead_score_changed",
    "lead_score_threshold": "lead_score_threshold", "lead_score_change": "lead_score_changed",
    "lead_became_hot": "lead_became_hot", "lead_became_cold": "lead_became_cold", "new_client": "client_created",
    "member.joined": "client_created", "membership_expiring": "membership_expiring",
    "membership_expires_soon": "membership_expiring", "email_opened": "email_event", "email_event": "email_event",
    "message_received": "message_received", "message_sent": "message_sent", "customer_replied": "message_received",
    "whatsapp_message": "message_received", "facebook_message": "message_received",
    "instagram_message": "message_received", "form_submitted": "form_submitted", "website_form": "form_submitted",
    "facebook_lead_form": "form_submitted", "survey_submitted": "survey_submitted",
    "appointment_booked": "appointment_booked", "appointment_status": "appointment_status_changed",
    "appointment_cancelled": "appointment_cancelled", "booking": "booking_created", "booking.created": "booking_created",
    "booking_confirmed": "booking_created", "booking.cancelled": "booking_cancelled",
    "booking_cancelled": "booking_cancelled", "call_booking": "call_booked", "call_booking.created": "call_booked",
    "call_status_changed": "call_status_changed", "class_full": "class_full", "class_reminder": "class_reminder",
    "first_session": "first_session", "missed_session": "missed_session", "waitlist_joined": "waitlist_joined",
    "birthday_trigger": "birthday", "custom_date_trigger": "custom_date", "fixed_date": "schedule",
    "contact_tagged": "contact_tagged", "contact_changed": "contact_changed", "note_added": "note_added",
    "task_reminder": "task_reminder", "opportunity_created": "opportunity_created",
    "opportunity_stage_changed": "opportunity_stage_changed", "payment_failed": "payment_failed",
    "scheduled": "schedule", "schedule": "schedule", "scheduled_time": "schedule", "business_hours": "business_hours",
    "webhook": "webhook", "webhook_received": "webhook", "ai_churn_risk": "churn_risk", "ai_trigger": "ai_event",
    "manual": "manual", "event": "event", "custom": "event",
}  # fmt: skip
ACTIONS = {
    "send_email": "send_email", "enhanced_email": "send_email", "email": "send_email", "send_sms": "send_sms",
    "enhanced_sms": "send_sms", "sms": "send_sms", "send_whatsapp": "send_whatsapp", "enhanced_whatsapp": "send_whatsapp",
    "send_slack": "notify_team", "make_call": "make_call", "internal message": "notify_team", "add_tag": "add_tags",
    "remove_tag": "remove_tags", "add_tags": "add_tags", "remove_tags": "remove_tags", "update_lead": "update_lead",
    "update_lead_status": "update_lead_status", "update_status": "update_lead_status", "change_stage": "change_stage",
    "update_field": "update_lead", "update_contact": "update_contact", "update_contact_data": "update_contact",
    "Update Lead Score": "update_lead_score", "assign_lead": "assign_lead", "assign_to_user": "assign_lead",
    "create_task": "create_task", "add_note": "add_note", "log_activity": "log_activity",
    "create_opportunity": "create_opportunity", "update_opportunity": "update_opportunity",
    "book_appointment": "book_appointment", "create_booking": "book_appointment", "cancel_booking": "cancel_appointment",
    "cancel_appointment": "cancel_appointment", "check-in": "check_in", "add_to_campaign": "add_to_campaign",
    "remove_from_campaign": "remove_from_campaign", "add_to_sequence": "add_to_sequence",
    "remove_from_sequence": "remove_from_sequence", "track_event": "track_event", "ai_analyze": "ai_analyze",
    "ai_generate": "ai_generate", "ai_generate_content": "ai_generate", "ai_score_lead": "ai_score_lead",
    "http_request": "http_request", "api_call": "http_request", "webhook": "send_webhook",
    "send_webhook": "send_webhook", "webhook_call": "send_webhook", "google_sheets": "google_sheets",
    "validate_data": "validate_data", "enrich_lead_data": "enrich_lead", "calculate_value": "calculate_value",
    "format_text": "format_text", "wait": "wait", "wait_delay": "wait", "delay": "wait", "schedule": "wait",
    "condition": "condition", "conditional": "condition", "conditional_branch": "condition", "switch": "switch",
    "loop": "loop", "loop_control": "loop",
}  # fmt: skip
NODE_TYPES = {
    "condition": "condition", "wait": "wait", "delay": "wait", "loop": "loop", "filter": "filter",
    "parallel": "parallel", "merge": "merge", "webhook": "send_webhook", "email": "send_email", "sms": "send_sms",
    "switch": "switch", "note": "note", "end": "end", "sub_workflow": "sub_workflow",
    "smart_condition": "condition", "enrichment_action": "enrich_lead", "dynamic_wait": "wait",
    "ai_optimizer": "ai_analyze", "loop_controller": "loop", "parallel_processor": "parallel",
    "merge_controller": "merge", "webhook_advanced": "send_webhook", "api_advanced": "http_request",
}  # fmt: skip


@pytest.mark.parametrize(("spelling", "expected"), TRIGGERS.items())
def test_every_spelling_of_a_trigger(spelling: str, expected: str) -> None:
    assert only_trigger(record(nodes=[trigger_node(spelling)], edges=[])).type == expected
    assert only_trigger(record(nodes="[]", edges="[]", trigger_type=spelling)).type == expected


@pytest.mark.parametrize(("spelling", "expected"), ACTIONS.items())
def test_every_spelling_of_an_action(spelling: str, expected: str) -> None:
    assert only_node(action_node(spelling)).type == expected


@pytest.mark.parametrize(("spelling", "expected"), NODE_TYPES.items())
def test_every_node_type(spelling: str, expected: str) -> None:
    assert only_node(logic_node(spelling)).type == expected


@pytest.mark.parametrize("spelling", ["transform", "data_transformer", "transform_data"])
def test_a_transform_needs_operations_to_be_one(spelling: str) -> None:
    mapped = only_node(logic_node(spelling, mappings=[{"source": "lead.name", "target": "who"}]))
    assert mapped.type == "transform"
    assert mapped.parameters["operations"] == [
        {"kind": "set", "output": "who", "value": '{{ contact.name | default("there") }}'}
    ]
    assert only_node(logic_node(spelling)).type == "unknown"


@pytest.mark.parametrize(
    "spelling", ["database", "database_query", "send_bulk_message", "send_sequenced_message", "teleport"]
)
def test_an_unknown_action_is_kept_whole_inactive_and_flagged(spelling: str) -> None:
    node = action_node(spelling, query="SELECT 1", nested={"a": [1]})
    translation = translated(node)
    assert translation.workflow is not None
    unknown = translation.workflow.nodes[0]
    assert (unknown.type, unknown.parameters["legacy_type"], unknown.parameters["original"]) == (
        "unknown",
        spelling,
        node,
    )
    assert {"UNKNOWN_ACTION_TYPE", "TYPE_UNKNOWN_INACTIVE"} <= codes(translation)
    assert translation.status == "paused"


def test_an_unknown_trigger_is_kept_switched_off_and_flagged() -> None:
    translation = translate_or_raise(
        record(nodes=[trigger_node("full_moon", phase=2), action_node("send_sms")], edges=[edge("t", "a")])
    )
    assert translation.workflow is not None
    trigger = translation.workflow.triggers[0]
    assert (trigger.type, trigger.enabled, trigger.parameters["legacy_type"]) == (
        "unknown",
        False,
        "full_moon",
    )
    assert trigger.parameters["original"]["phase"] == 2
    assert "UNKNOWN_TRIGGER_TYPE" in codes(translation)
    assert translation.status == "paused"


@pytest.mark.parametrize(
    ("label", "type_", "skipped"),
    [
        ("Send Email", "send_email", False), ("Send SMS", "send_sms", False), ("Send WhatsApp", "send_whatsapp", False),
        ("Add Tag", "add_tags", False), ("Wait", "wait", False), ("Create Task", "create_task", False),
        ("Update Lead Score", "update_lead_score", False), ("Send email", "send_email", True),
        ("send sms", "send_sms", True), ("Add Note", "add_note", True), ("Assign Lead", "assign_lead", True),
    ],
)  # fmt: skip
def test_labels_the_label_engine_did_not_know_were_skipped(label: str, type_: str, skipped: bool) -> None:
    translation = translated(flat_node(label, message="Hi", tag="vip", duration=1, unit="minutes"))
    assert translation.workflow is not None
    assert translation.workflow.nodes[0].type == type_
    assert ("SILENTLY_SKIPPED" in change_codes(translation)) is skipped


def test_a_label_that_names_nothing_is_unknown() -> None:
    translation = translated(flat_node("Say hello to everybody", message="Hi"))
    assert translation.workflow is not None
    assert translation.workflow.nodes[0].type == "unknown"


@pytest.mark.parametrize(("action", "type_"), [("add", "add_tags"), ("remove", "remove_tags")])
def test_add_remove_tags_is_told_apart_by_its_action(action: str, type_: str) -> None:
    node = only_node(flat_node("Add/Remove Tags", action=action, tags=["vip", "new"]))
    assert node.type == type_
    assert node.parameters["tags"] == ["vip", "new"]


def test_a_webhook_that_fetches_is_a_request() -> None:
    assert only_node(action_node("webhook", url="https://a.example", method="GET")).type == "http_request"


def test_every_alias_leads_to_a_type_of_the_catalogue() -> None:
    catalogue = load_catalogue()
    assert [t for t in {*ACTIONS.values(), *NODE_TYPES.values()} if catalogue.node(t, 1) is None] == []
    assert [t for t in TRIGGERS.values() if catalogue.trigger(t, 1) is None] == []
