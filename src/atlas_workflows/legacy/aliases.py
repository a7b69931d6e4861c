"""What the old world called things: every spelling of trigger, action and node types, to the one word we use.

A spelling is looked up through `normal`: lower case, with spaces, dots and dashes as underscores. What is not here
is unknown, and stays unknown: kept whole, inactive, flagged.
"""

from collections.abc import Mapping
from typing import Any

from atlas_workflows.names import normal

# Legacy trigger type -> (canonical type, parameters that the spelling itself says).
TRIGGERS: dict[str, tuple[str, Mapping[str, Any]]] = {
    "lead_created": ("lead_created", {}),
    "new_lead": ("lead_created", {}),
    "lead_trigger": ("lead_created", {}),
    "manual_lead": ("lead_created", {"source": "manual"}),
    "lead_updated": ("lead_updated", {}),
    "lead_stage_changed": ("lead_stage_changed", {}),
    "lead_converted": ("lead_converted", {}),
    "lead_scored": ("lead_score_changed", {}),
    "lead_score_change": ("lead_score_changed", {}),
    "lead_score_changed": ("lead_score_changed", {}),
    "lead_score_threshold": ("lead_score_threshold", {}),
    "lead_became_hot": ("lead_became_hot", {}),
    "lead_became_cold": ("lead_became_cold", {}),
    "new_client": ("client_created", {}),
    "client_created": ("client_created", {}),
    "member_joined": ("client_created", {}),
    "membership_expiring": ("membership_expiring", {}),
    "membership_expires_soon": ("membership_expiring", {}),
    "email_opened": ("email_event", {"event": "opened"}),
    "email_clicked": ("email_event", {"event": "clicked"}),
    "email_bounced": ("email_event", {"event": "bounced"}),
    "email_unsubscribed": ("email_event", {"event": "unsubscribed"}),
    "email_event": ("email_event", {}),
    "message_received": ("message_received", {}),
    "customer_replied": ("message_received", {}),
    "whatsapp_message": ("message_received", {"channel": "whatsapp"}),
    "facebook_message": ("message_received", {"channel": "facebook"}),
    "instagram_message": ("message_received", {"channel": "instagram"}),
    "message_sent": ("message_sent", {}),
    "form_submitted": ("form_submitted", {}),
    "website_form": ("form_submitted", {"form_type": "website"}),
    "facebook_lead_form": ("form_submitted", {"form_type": "facebook"}),
    "survey_submitted": ("survey_submitted", {}),
    "appointment_booked": ("appointment_booked", {}),
    "appointment_status": ("appointment_status_changed", {}),
    "appointment_status_changed": ("appointment_status_changed", {}),
    "appointment_cancelled": ("appointment_cancelled", {}),
    "booking": ("booking_created", {}),
    "booking_created": ("booking_created", {}),
    "booking_confirmed": ("booking_created", {"status": "confirmed"}),
    "booking_cancelled": ("booking_cancelled", {}),
    "call_booking": ("call_booked", {}),
    "call_booked": ("call_booked", {}),
    "call_booking_created": ("call_booked", {}),
    "call_status_changed": ("call_status_changed", {}),
    "class_full": ("class_full", {}),
    "class_reminder": ("class_reminder", {}),
    "first_session": ("first_session", {}),
    "missed_session": ("missed_session", {}),
    "waitlist_joined": ("waitlist_joined", {}),
    "birthday_trigger": ("birthday", {}),
    "birthday": ("birthday", {}),
    "custom_date_trigger": ("custom_date", {}),
    "custom_date": ("custom_date", {}),
    "contact_tagged": ("contact_tagged", {}),
    "contact_changed": ("contact_changed", {}),
    "note_added": ("note_added", {}),
    "task_reminder": ("task_reminder", {}),
    "opportunity_created": ("opportunity_created", {}),
    "opportunity_stage_changed": ("opportunity_stage_changed", {}),
    "payment_failed": ("payment_failed", {}),
    "fixed_date": ("schedule", {}),
    "scheduled": ("schedule", {}),
    "schedule": ("schedule", {}),
    "scheduled_time": ("schedule", {}),
    "business_hours": ("business_hours", {}),
    "webhook": ("webhook", {}),
    "webhook_received": ("webhook", {}),
    "ai_churn_risk": ("churn_risk", {}),
    "churn_risk": ("churn_risk", {}),
    "ai_trigger": ("ai_event", {}),
    "ai_event": ("ai_event", {}),
    "manual": ("manual", {}),
    "event": ("event", {}),
    "custom": ("event", {}),
}

# Legacy action type, or an action node's own type -> canonical node type. Logic that was stored as an action is in
# LOGIC; what both lack is unknown. database(_query) is left out on purpose: it ran SQL of customers.
# So are send_bulk_message and send_sequenced_message: to whom the one went and when the parts of the other did is kept
# nowhere, and a message to the wrong people cannot be taken back.
ACTIONS: dict[str, str] = {
    "send_email": "send_email",
    "enhanced_email": "send_email",
    "email": "send_email",
    "send_sms": "send_sms",
    "enhanced_sms": "send_sms",
    "sms": "send_sms",
    "send_whatsapp": "send_whatsapp",
    "enhanced_whatsapp": "send_whatsapp",
    "whatsapp": "send_whatsapp",
    "send_slack": "notify_team",
    "slack": "notify_team",
    "internal_message": "notify_team",
    "send_internal_message": "notify_team",
    "notify_team": "notify_team",
    "make_call": "make_call",
    "call": "make_call",
    "add_tag": "add_tags",
    "add_tags": "add_tags",
    "remove_tag": "remove_tags",
    "remove_tags": "remove_tags",
    "add_remove_tags": "add_tags",
    "update_lead": "update_lead",
    "update_field": "update_lead",
    "update_lead_status": "update_lead_status",
    "update_status": "update_lead_status",
    "change_stage": "change_stage",
    "update_contact": "update_contact",
    "update_contact_data": "update_contact",
    "update_lead_score": "update_lead_score",
    "assign_lead": "assign_lead",
    "assign_to_user": "assign_lead",
    "create_task": "create_task",
    "add_note": "add_note",
    "log_activity": "log_activity",
    "create_opportunity": "create_opportunity",
    "update_opportunity": "update_opportunity",
    "book_appointment": "book_appointment",
    "create_booking": "book_appointment",
    "cancel_booking": "cancel_appointment",
    "cancel_appointment": "cancel_appointment",
    "check_in": "check_in",
    "add_to_campaign": "add_to_campaign",
    "remove_from_campaign": "remove_from_campaign",
    "add_to_sequence": "add_to_sequence",
    "remove_from_sequence": "remove_from_sequence",
    "track_event": "track_event",
    "ai_analyze": "ai_analyze",
    "ai_generate": "ai_generate",
    "ai_generate_content": "ai_generate",
    "ai_score_lead": "ai_score_lead",
    "http_request": "http_request",
    "api_call": "http_request",
    "webhook": "send_webhook",
    "send_webhook": "send_webhook",
    "webhook_call": "send_webhook",
    "google_sheets": "google_sheets",
    "validate_data": "validate_data",
    "enrich_lead_data": "enrich_lead",
    "enrich_lead": "enrich_lead",
    "calculate_value": "calculate_value",
    "format_text": "format_text",
}

# Logic by node type or action type.
LOGIC: dict[str, str] = {
    "condition": "condition",
    "conditional": "condition",
    "conditional_branch": "condition",
    "smart_condition": "condition",
    "ai_decision": "condition",
    "branch": "condition",
    "if_else": "condition",
    "switch": "switch",
    "wait": "wait",
    "wait_delay": "wait",
    "delay": "wait",
    "schedule": "wait",
    "dynamic_wait": "wait",
    "loop": "loop",
    "loop_control": "loop",
    "loop_controller": "loop",
    "parallel": "parallel",
    "parallel_processor": "parallel",
    "merge": "merge",
    "merge_controller": "merge",
    "filter": "filter",
    "transform": "transform",
    "transform_data": "transform",
    "data_transformer": "transform",
    "set_variable": "set_variable",
    "sub_workflow": "sub_workflow",
    "split": "split",
    "goal": "goal",
    "end": "end",
    "exit": "end",
    "note": "note",
}

# Node types of their own that are neither plain action nor logic.
SPECIAL_NODES: dict[str, str] = {
    "enrichment_action": "enrich_lead",
    "ai_optimizer": "ai_analyze",
    "webhook_advanced": "send_webhook",
    "api_advanced": "http_request",
}

TRIGGER_NODES = frozenset({"trigger", "ai_trigger"})
# Node types that say only "look at the action type".
ACTION_NODES = frozenset({"action", "ai", "ai_node", "ai_action", "multi_channel_action", ""})

# Labels the two label engines dispatched by, letter by letter; every other label was skipped without a word.
DISPATCHED_LABELS = frozenset(
    {
        "Send Email", "Send SMS", "Send WhatsApp", "Add Tag", "Wait", "Add/Remove Tags", "Update Lead Score",
        "Create Task",
    }
)  # fmt: skip

# Keys the builder repeats in config; they say what the node is, not how it is set up.
IDENTITY_KEYS = frozenset({"label", "actionType", "action_type", "subtype", "type", "nodeType"})
# What React-Flow and the palette leave in a node or an edge: drawing, not meaning. The original keeps it.
DRAWING_KEYS = frozenset(
    {
        "id", "type", "position", "data", "width", "height", "selected", "dragging", "positionAbsolute", "icon",
        "isValid", "inputs", "outputs", "style", "markerEnd", "animated", "zIndex", "className", "color",
    }
)  # fmt: skip


def trigger_type(name: str) -> tuple[str, Mapping[str, Any]] | None:
    """The canonical trigger and what its spelling implies; None for a type nobody knows."""
    return TRIGGERS.get(normal(name))


def node_type(name: str) -> str | None:
    """The canonical node type behind an action type, a label or a node's own type; None when unknown."""
    return _NODE_TYPES.get(normal(name))


_NODE_TYPES = {**SPECIAL_NODES, **LOGIC, **ACTIONS}
