"""Per action: which parameter takes which legacy settings, by every spelling that occurs, and what kind of value it is."""

import re
from typing import Any

from atlas_workflows.legacy.actions.drawer import (
    UNFIT,
    Drawer,
    Fields,
    anything,
    choice,
    content,
    flag,
    mapping,
    name,
    names,
    number,
    people,
    plain_number,
    readers,
    same_words,
    text,
)

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_METHODS = {word.lower(): word for word in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")}

BODY = (
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
TEMPLATE = ("templateId", "template_id", "templateName", "template_name", "template")
TO = ("to", "recipient", "phone_number", "phoneNumber", "phone", "toEmail", "recipientEmail", "email")
PERSON = (
    "assignTo", "assignedTo", "assigned_to", "userId", "user_id", "staff_id", "staffId", "assigneeId", "assignee",
)  # fmt: skip
URL = ("url", "webhookUrl", "webhook_url", "apiUrl", "endpoint")


def variable(value: Any, drawer: Drawer) -> Any:  # noqa: ARG001
    """A variable's name: letters, digits and underscores."""
    return value if isinstance(value, str) and _VARIABLE.fullmatch(value) else UNFIT


def seconds(value: Any, drawer: Drawer) -> Any:
    """1 to 300 seconds; larger numbers were milliseconds in half of the old engines, so they do not fit."""
    found = plain_number(value, drawer)
    return found if found is not UNFIT and 0 < found <= 300 else UNFIT


def statuses(value: Any, drawer: Drawer) -> Any:
    """HTTP statuses, one or several."""
    found = [plain_number(item, drawer) for item in (value if isinstance(value, list) else [value])]
    return found if all(isinstance(item, int) and 100 <= item <= 599 for item in found) else UNFIT


def listing(value: Any, drawer: Drawer) -> Any:
    """A list of any values."""
    return content(value, drawer) if isinstance(value, list) and value else UNFIT


def objects(value: Any, drawer: Drawer) -> Any:
    """A list of objects."""
    return (
        listing(value, drawer)
        if isinstance(value, list) and all(isinstance(item, dict) for item in value)
        else UNFIT
    )


def texts(value: Any, drawer: Drawer) -> Any:
    """A list of texts of any length, as `names` reads it."""
    if isinstance(value, str):
        return [text(value, drawer)]
    found = [text(item, drawer) for item in value] if isinstance(value, list) else [UNFIT]
    return found if UNFIT not in found else UNFIT


def headers(value: Any, drawer: Drawer) -> Any:
    """An object of texts."""
    found = mapping(value, drawer)
    if found is UNFIT:
        return UNFIT
    written = {key: text(item, drawer) for key, item in found.items()}
    return UNFIT if any(item is UNFIT for item in written.values()) else written


_TO = ("to", TO, people)
_CLASS = (
    "message_class",
    ("messageClass", "message_class", "messageType"),
    same_words("marketing", "transactional"),
)
_OUTPUT = ("output", ("outputVariable", "output_variable", "output", "saveTo"), variable)
_HTTP: Fields = (
    ("url", URL, text),
    ("headers", ("headers",), headers),
)
_FIELDS = ("fields", ("fields", "updates", "data", "fieldUpdates", "values"), mapping)
_MODEL = ("model", ("model", "aiModel"), name)
_MEDIA = ("media_urls", ("mediaUrls", "media_urls", "mediaUrl", "media_url", "media"), texts)

ACTION_FIELDS: dict[str, Fields] = {
    "send_email": (
        _TO,
        ("subject", ("subject", "emailSubject"), text),
        ("body", BODY, text),
        ("template_id", TEMPLATE, name),
        ("html", ("isHtml", "is_html"), flag),
        ("from_name", ("fromName", "from_name", "senderName"), text),
        ("from_email", ("fromEmail", "from_email", "from"), text),
        ("reply_to", ("replyTo", "reply_to"), text),
        ("cc", ("cc",), readers),
        ("bcc", ("bcc",), readers),
        ("track_opens", ("trackOpens", "track_opens"), flag),
        ("track_clicks", ("trackClicks", "track_clicks"), flag),
        ("send_at", ("scheduledTime", "scheduled_time", "sendAt", "send_at"), text),
        ("ab_test", ("abTestConfig", "abTest", "ab_test"), mapping),
        _CLASS,
    ),
    "send_sms": (_TO, ("message", BODY, text), ("template_id", TEMPLATE, name), _MEDIA, _CLASS),
    "send_whatsapp": (
        _TO,
        ("session", ("mode", "messageMode"), choice({"template": "template", "freeform": "freeform", "custom": "freeform"})),
        ("message", BODY, text),
        ("template_id", TEMPLATE, name),
        ("template_parameters", ("templateParameters", "templateParams", "template_params", "parameters"), texts),
        _MEDIA,
        ("buttons", ("buttons",), objects),
        _CLASS,
    ),
    "notify_team": (
        ("to", ("to", "recipient", "channelId", "slackChannel", *PERSON), people),
        ("channel", ("channel",), same_words("internal", "slack", "email")),
        ("title", ("title", "subject"), text),
        ("message", BODY, text),
    ),
    "make_call": (_TO, ("message", ("message", "script", "content"), text), ("assigned_to", PERSON, text), _CLASS),
    "add_tags": (
        ("tags", ("tags", "tag", "tagId", "tag_id", "tagName", "tag_name", "tagIds"), names),
        ("replace_existing", ("replaceExisting", "replace_existing"), flag),
    ),
    "remove_tags": (("tags", ("tags", "tag", "tagId", "tag_id", "tagName", "tag_name", "tagIds"), names),),
    "update_lead": (_FIELDS,),
    "update_contact": (
        _FIELDS,
        ("merge_strategy", ("mergeStrategy", "merge_strategy"), same_words("replace", "merge", "append")),
    ),
    "update_opportunity": (("opportunity_id", ("opportunityId", "opportunity_id"), text), _FIELDS),
    "update_lead_status": (("status", ("status", "newStatus", "new_status", "value"), text),),
    "change_stage": (
        ("stage", ("stage", "stageId", "stage_id", "toStage", "newStage", "new_stage"), text),
        ("pipeline", ("pipeline", "pipelineId", "pipeline_id"), text),
    ),
    "update_lead_score": (
        ("operation", ("operation", "action"), choice(
            {"add": "add", "increase": "add", "subtract": "subtract", "decrease": "subtract", "set": "set"})),
        ("value", ("value", "score", "points", "amount", "scoreChange"), number),
    ),
    "assign_lead": (
        ("user_id", PERSON, text),
        ("notify_assignee", ("notifyAssignee", "notify_assignee", "notify"), flag),
    ),
    "create_task": (
        ("title", ("title", "taskTitle", "task_title", "name"), text),
        ("description", ("description", "taskDescription", "task_description", "details"), text),
        ("priority", ("priority",), same_words("low", "medium", "high")),
        ("assigned_to", PERSON, text),
    ),
    "add_note": (("text", ("note", "text", "content", "message", "body", "noteText"), text),),
    "log_activity": (
        ("activity_type", ("activityType", "activity_type", "type"), text),
        ("description", ("description", "message", "content", "details"), text),
    ),
    "create_opportunity": (
        ("name", ("name", "title", "opportunityName"), text),
        ("value", ("value", "amount"), number),
        ("stage", ("stage", "stageId"), text),
        ("pipeline", ("pipeline", "pipelineId"), text),
    ),
    "book_appointment": (
        ("appointment_type", ("appointmentType", "appointment_type", "classType", "type"), text),
        ("starts_at", ("startsAt", "starts_at", "startTime", "start_time", "dateTime", "datetime", "date"), text),
        ("duration_minutes", ("durationMinutes", "duration_minutes", "duration"), number),
        ("staff_id", PERSON, text),
        ("options", ("options",), mapping),
    ),
    "cancel_appointment": (
        ("appointment_id", ("appointmentId", "appointment_id", "bookingId", "booking_id"), text),
        ("refund_policy", ("refundPolicy", "refund_policy"), text),
        ("reason", ("reason",), text),
    ),
    "check_in": (("appointment_id", ("appointmentId", "appointment_id", "bookingId", "booking_id"), text),),
    "add_to_campaign": (("campaign_id", ("campaignId", "campaign_id", "campaign"), text),),
    "remove_from_campaign": (("campaign_id", ("campaignId", "campaign_id", "campaign"), text),),
    "add_to_sequence": (("sequence_id", ("sequenceId", "sequence_id", "sequence"), text),),
    "remove_from_sequence": (("sequence_id", ("sequenceId", "sequence_id", "sequence"), text),),
    "track_event": (
        ("name", ("eventName", "event_name", "event", "name"), text),
        ("properties", ("properties", "eventData", "data"), mapping),
    ),
    "ai_analyze": (
        ("prompt", ("prompt", "instructions"), text),
        ("input", ("input", "inputText", "content"), text),
        _MODEL, _OUTPUT,
    ),
    "ai_generate": (
        ("prompt", ("prompt", "instructions"), text),
        _MODEL,
        ("temperature", ("temperature",), plain_number),
        ("response_format", ("responseFormat", "response_format"), same_words("text", "json")),
        _OUTPUT,
    ),
    "ai_score_lead": (_MODEL, _OUTPUT),
    "enrich_lead": (
        ("provider", ("provider", "source", "service"), name),
        ("fields", ("fields", "enrichFields"), names),
        _OUTPUT,
    ),
    "http_request": (
        *_HTTP,
        ("method", ("method", "httpMethod", "http_method"), choice(_METHODS)),
        ("query", ("query", "queryParams", "params"), mapping),
        ("body", ("body", "payload", "data", "requestBody"), content),
        ("timeout_seconds", ("timeoutSeconds", "timeout_seconds", "timeout"), seconds),
        ("expect_status", ("expectedStatus", "expected_status", "expectStatus", "successCodes"), statuses),
        _OUTPUT,
    ),
    "send_webhook": (
        *_HTTP,
        ("payload", ("payload", "body", "data"), content),
        ("secret", ("secret", "webhookSecret", "webhook_secret"), text),
        ("event", ("event", "eventType", "webhookEvent"), name),
    ),
    "google_sheets": (
        ("operation", ("operation", "action"), same_words("append", "update", "read")),
        ("spreadsheet_id", ("spreadsheetId", "spreadsheet_id", "sheetId"), text),
        ("range", ("range",), text),
        ("values", ("values", "row"), listing),
        _OUTPUT,
    ),
    "calculate_value": (("expression", ("expression", "formula", "calculation"), anything), _OUTPUT),
    "format_text": (("text", ("text", "template"), text), _OUTPUT),
    "validate_data": (
        ("fail_when_invalid", ("failWhenInvalid", "fail_when_invalid"), flag),
        _OUTPUT,
    ),
}  # fmt: skip
