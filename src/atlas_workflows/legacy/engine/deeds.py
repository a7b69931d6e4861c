"""What a step would have done to the outside: its kind, its recipients and its content, as the old engines put them together."""

from collections.abc import Callable, Mapping
from typing import Any

from atlas_workflows.legacy.engine.drawn import OldNode
from atlas_workflows.legacy.engine.known import Known, js_text
from atlas_workflows.legacy.engine.semantics import OldEngine
from atlas_workflows.legacy.engine.texts import fill, fill_deep
from atlas_workflows.names import normal

Content = dict[str, Any]

# Labels that the label engines knew, letter by letter; a step with any other was skipped and counted as done.
LABELS = {
    "Send Email": "send_email", "Send SMS": "send_sms", "Send WhatsApp": "send_whatsapp", "Add Tag": "add_tags",
    "Wait": "wait", "Add/Remove Tags": "add_tags", "Update Lead Score": "update_lead_score", "Create Task": "create_task",
}  # fmt: skip
_BY_CHANNEL, _BY_PROMPT = "(by channel)", "(by prompt)"  # what they did stood in their settings
# Action types that some engine acted on, in the words of the effects they caused.
_KINDS: Mapping[str, tuple[str, ...]] = {
    "send_email": ("send_email", "enhanced_email", "email"),
    "send_sms": ("send_sms", "enhanced_sms", "sms"),
    "send_whatsapp": ("send_whatsapp", "enhanced_whatsapp", "whatsapp"),
    "notify_team": ("send_slack", "slack", "internal_message", "send_internal_message", "notify_team"),
    "make_call": ("make_call", "call"),
    "send_bulk_message": ("send_bulk_message",),
    "send_sequenced_message": ("send_sequenced_message",),
    "add_tags": ("add_tag", "add_tags", "add_remove_tags"),
    "remove_tags": ("remove_tag", "remove_tags"),
    "update_lead": ("update_lead", "update_field"),
    "update_lead_status": ("update_lead_status", "update_status"),
    "change_stage": ("change_stage",),
    "update_contact": ("update_contact", "update_contact_data"),
    "update_lead_score": ("update_lead_score",),
    "assign_lead": ("assign_lead", "assign_to_user"),
    "create_task": ("create_task",),
    "add_note": ("add_note",),
    "log_activity": ("log_activity",),
    "create_opportunity": ("create_opportunity",),
    "update_opportunity": ("update_opportunity",),
    "book_appointment": ("book_appointment", "create_booking"),
    "cancel_appointment": ("cancel_booking", "cancel_appointment"),
    "check_in": ("check_in",),
    "add_to_campaign": ("add_to_campaign",),
    "remove_from_campaign": ("remove_from_campaign",),
    "add_to_sequence": ("add_to_sequence",),
    "remove_from_sequence": ("remove_from_sequence",),
    "track_event": ("track_event",),
    "ai_analyze": ("ai_analyze", "ai_optimizer"),
    "ai_generate": ("ai_generate", "ai_generate_content"),
    "ai_score_lead": ("ai_score_lead",),
    "http_request": ("http_request", "api_call", "api_advanced"),
    "send_webhook": ("webhook", "send_webhook", "webhook_call", "webhook_advanced"),
    "google_sheets": ("google_sheets",),
    "database_query": ("database", "database_query"),
    "enrich_lead": ("enrich_lead_data", "enrich_lead", "enrichment_action"),
    "sub_workflow": ("sub_workflow",),
    _BY_CHANNEL: ("multi_channel_action",),
    _BY_PROMPT: ("ai", "ai_node", "ai_action"),
}
_KIND_OF = {word: kind for kind, words in _KINDS.items() for word in words}
# Steps that only computed something within the execution.
INWARD = frozenset(
    {"validate_data", "calculate_value", "format_text", "transform", "transform_data", "data_transformer"}
)
MESSAGES = frozenset(
    {"send_email", "send_sms", "send_whatsapp", "make_call", "send_bulk_message", "send_sequenced_message"}
)
_ADDRESS = {"send_email": "email", "send_sms": "phone", "send_whatsapp": "phone", "make_call": "phone"}

_BODY = (
    "body",
    "message",
    "content",
    "customMessage",
    "custom_message",
    "html",
    "htmlContent",
    "emailBody",
    "text",
)
_TEMPLATE = ("templateId", "template_id", "templateName", "template_name", "template")
_TO = ("to", "recipient", "phone_number", "phoneNumber", "phone", "toEmail", "recipientEmail", "email")
_PERSON = (
    "assignTo",
    "assignedTo",
    "assigned_to",
    "userId",
    "user_id",
    "staff_id",
    "staffId",
    "assigneeId",
    "assignee",
)
_URL = ("url", "webhookUrl", "webhook_url", "apiUrl", "endpoint")
_TAGS = ("tags", "tag", "tagId", "tag_id", "tagName", "tag_name", "tagIds")
_FIELDS = ("fields", "updates", "data", "fieldUpdates", "values")
_TASK = {
    "description": ("description", "taskDescription", "task_description", "details"),
    "assigned_to": _PERSON,
}
# Per kind: what of its content is told, by the spellings under which a config keeps it.
_TOLD: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "send_email": {"subject": ("subject", "emailSubject"), "body": _BODY, "template_id": _TEMPLATE},
    "send_sms": {"message": _BODY, "template_id": _TEMPLATE},
    "send_whatsapp": {"message": _BODY, "template_id": _TEMPLATE},
    "notify_team": {"title": ("title", "subject"), "message": _BODY},
    "make_call": {"message": ("message", "script", "content")},
    "update_lead_status": {"status": ("status", "newStatus", "new_status", "value")},
    "change_stage": {"stage": ("stage", "stageId", "stage_id", "toStage", "newStage", "new_stage")},
    "update_lead_score": {"value": ("value", "score", "points", "amount", "scoreChange")},
    "assign_lead": {"user_id": _PERSON},
    "create_task": {"title": ("title", "taskTitle", "task_title", "name"), **_TASK},
    "add_note": {"text": ("note", "text", "content", "message", "body", "noteText")},
    "log_activity": {
        "activity_type": ("activityType", "activity_type", "type"),
        "description": ("description", "message", "content", "details"),
    },
    "http_request": {"url": _URL, "method": ("method", "httpMethod", "http_method")},
    "send_webhook": {"url": _URL},
    "add_to_campaign": {"campaign_id": ("campaignId", "campaign_id", "campaign")},
    "remove_from_campaign": {"campaign_id": ("campaignId", "campaign_id", "campaign")},
    "add_to_sequence": {"sequence_id": ("sequenceId", "sequence_id", "sequence")},
    "remove_from_sequence": {"sequence_id": ("sequenceId", "sequence_id", "sequence")},
    "track_event": {"name": ("eventName", "event_name", "event", "name")},
    "sub_workflow": {"workflow_id": ("workflowId", "workflow_id", "subWorkflowId")},
}
COMPARED = {kind: tuple(told) for kind, told in _TOLD.items()} | {
    "add_tags": ("tags",), "remove_tags": ("tags",), "update_lead": ("fields",), "update_contact": ("fields",),
    "update_opportunity": ("fields",),
}  # fmt: skip


def kind_of(node: OldNode) -> str | None:
    """The effect a node asked for; None where no engine knew it and the step was skipped, or it only computes."""
    if node.is_trigger:
        return None  # a webhook that starts is none that is sent
    if node.is_flat and node.type in ("action", ""):
        found = LABELS.get(node.label)
        return None if found == "wait" else _turned(found, node.settings)
    return _turned(_KIND_OF.get(node.word), node.settings)


def is_message(kind: str) -> bool:
    """Whether a person receives it."""
    return kind in MESSAGES


def recipients_of(kind: str, settings: Mapping[str, Any], known: Known, engine: OldEngine) -> tuple[str, ...]:
    """Whom a message went to: those named, else the lead's own address; empty for what is no message."""
    column = _ADDRESS.get(kind)
    if column is None:
        return ()
    named = _first(settings, _TO)
    values = named if isinstance(named, list) else [] if named in (None, "") else [named]
    found = [fill(value, known, engine) if isinstance(value, str) else js_text(value) for value in values]
    own = known.contact.get(column)
    return tuple(sorted(found)) or ((js_text(own),) if own else ())


def content_of(kind: str, settings: Mapping[str, Any], known: Known, engine: OldEngine) -> Content:
    """What the effect would say or change, texts filled in."""
    if kind in ("add_tags", "remove_tags"):
        return {"tags": _tags(settings)}
    if kind in ("update_lead", "update_contact", "update_opportunity"):
        return {"fields": fill_deep(_fields(settings), known, engine)}
    channel = normal(kind).removeprefix("send_")
    positions = _first(settings, ("templateParameters", "templateParams", "template_params", "parameters"))
    content: Content = {}
    for name, spellings in _TOLD.get(kind, {}).items():
        value = _first(settings, spellings)
        if isinstance(value, str):
            filled = fill_deep(positions, known, engine) if isinstance(positions, list) else None
            value = fill(value, known, engine, channel=channel, positions=filled)
        if value not in (None, ""):
            content[name] = value
    if kind == "send_email" and settings.get("mode") == "custom" and "body" in content:
        content.pop("template_id", None)
    return content


def changes_of(kind: str, content: Content, contact: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the effect changes about the lead, as a later condition of the same execution sees it."""
    change = _CHANGES.get(kind)
    return {} if change is None else change(content, contact)


def _turned(kind: str | None, settings: Mapping[str, Any]) -> str | None:
    """Two kinds hide behind one word: tags are added or removed, a webhook sends or fetches, a channel says which."""
    if kind == _BY_CHANNEL:
        return (
            f"send_{settings.get('channel')}"
            if settings.get("channel") in ("email", "sms", "whatsapp")
            else None
        )
    if kind == _BY_PROMPT:
        return "ai_generate" if settings.get("prompt") else None
    if kind == "add_tags" and str(settings.get("action", "")).lower() in ("remove", "remove_tags", "removed"):
        return "remove_tags"
    if kind == "send_webhook" and str(settings.get("method", "POST")).upper() != "POST":
        return "http_request"
    return kind


def _tags(settings: Mapping[str, Any]) -> list[str]:
    value = _first(settings, _TAGS)
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return [
        js_text(item) for item in (value if isinstance(value, list) else [value]) if item not in (None, "")
    ]


def _fields(settings: Mapping[str, Any]) -> dict[str, Any]:
    named = _first(settings, _FIELDS)
    fields = dict(named) if isinstance(named, Mapping) else {}
    name = _first(settings, ("field", "fieldName", "field_name"))
    if isinstance(name, str) and "value" in settings:
        return {**fields, name: settings["value"]}
    return fields or {
        key: value for key, value in settings.items() if key in _COLUMNS and value not in (None, "")
    }


def _tagged(content: Content, contact: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"tags": list(dict.fromkeys([*_list(contact.get("tags")), *content["tags"]]))}


def _untagged(content: Content, contact: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"tags": [tag for tag in _list(contact.get("tags")) if tag not in content["tags"]]}


def _list(value: Any) -> list[Any]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _first(settings: Mapping[str, Any], spellings: tuple[str, ...]) -> Any:
    return next((settings[name] for name in spellings if settings.get(name) not in (None, "")), None)


_COLUMNS = frozenset(
    {"status", "stage", "value", "score", "source", "name", "amount", "priority", "first_name", "last_name", "phone", "email"}
)  # fmt: skip
_CHANGES: Mapping[str, Callable[[Content, Mapping[str, Any]], Mapping[str, Any]]] = {
    "add_tags": _tagged,
    "remove_tags": _untagged,
    "update_lead": lambda content, _: content["fields"],
    "update_contact": lambda content, _: content["fields"],
    "update_lead_status": lambda content, _: {"status": content["status"]} if "status" in content else {},
    "change_stage": lambda content, _: {"stage": content["stage"]} if "stage" in content else {},
    "assign_lead": lambda content, _: {"assigned_to": content["user_id"]} if "user_id" in content else {},
}
