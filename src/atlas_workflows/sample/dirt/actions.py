"""Every action type and alias, and every alias of a key inside an action's settings."""

from typing import Any

from atlas_workflows.sample.recipe import Step
from atlas_workflows.sample.specimen import ALL_SHAPES, CoverageClass, Specimen, in_groups, recipe

_EMAIL = {"subject": "Hello {{firstName}}", "body": "Hi {{firstName}}, greetings from {{organizationName}}."}
_SMS = {"message": "Hi [first_name], see you at [organization_name]!"}
_URL = {"url": "https://hooks.example/in", "method": "POST", "headers": {"X-From": "gym"}}
_BOOKING = {"appointmentType": "trial", "duration": 60}

ACTIONS: dict[str, dict[str, Any]] = {
    "send_email": _EMAIL
    | {"mode": "custom", "cc": ["team@gym.example"], "bcc": [], "replyTo": "desk@gym.example"},
    "enhanced_email": _EMAIL
    | {
        "tracking": {"opens": True, "clicks": True},
        "scheduledTime": "2026-04-01T09:00:00Z",
        "abTestConfig": {"variants": [{"subject": "A", "weight": 50}, {"subject": "B", "weight": 50}]},
    },
    "email": _EMAIL,
    "send_sms": _SMS,
    "enhanced_sms": _SMS | {"shortenUrls": True},
    "sms": _SMS,
    "send_whatsapp": {"mode": "template", "templateName": "welcome_offer", "parameters": ["{{firstName}}"]},
    "enhanced_whatsapp": {"mode": "freeform", "message": "Hi {{firstName}} 👋"},
    "send_bulk_message": {"channel": "sms", "message": "Holiday hours this week."},
    "send_sequenced_message": {"channel": "email", "messages": [_EMAIL]},
    "send_slack": {"channel": "#front-desk", "message": "New lead: {{firstName}}"},
    "make_call": {"to": "{{phone}}", "script": "Ask about the trial"},
    "internal_message": {"to": "manager", "message": "Please look at {{firstName}}"},
    "add_tag": {"tag": "engaged"},
    "remove_tag": {"tagId": "engaged"},
    "add_tags": {"tags": ["engaged", "spring"]},
    "remove_tags": {"tags": ["cold"]},
    "update_lead": {"fields": {"status": "contacted"}},
    "update_lead_status": {"status": "qualified"},
    "update_status": {"status": "contacted"},
    "change_stage": {"stage": "Trial"},
    "update_field": {"field": "source", "value": "referral"},
    "update_contact": {"fields": {"first_name": "{{firstName}}"}},
    "update_contact_data": {"updates": {"last_name": "{{lastName}}"}, "mergeStrategy": "merge"},
    "assign_lead": {"assignTo": "owner"},
    "assign_to_user": {"userId": "front-desk"},
    "create_task": {"title": "Call {{firstName}}", "priority": "normal", "dueDate": "+1d"},
    "add_note": {"note": "Came through the website"},
    "log_activity": {"activityType": "call", "description": "Automated"},
    "create_opportunity": {"name": "Membership {{firstName}}", "value": 49.90, "stage": "open"},
    "update_opportunity": {"stage": "won"},
    "book_appointment": _BOOKING,
    "create_booking": _BOOKING,
    "cancel_booking": {"bookingId": "{{booking.id}}"},
    "cancel_appointment": {"appointmentId": "{{appointment.id}}", "refundPolicy": "full"},
    "check-in": {"location": "front"},
    "add_to_campaign": {"campaignId": "spring"},
    "remove_from_campaign": {"campaignId": "spring"},
    "add_to_sequence": {"sequenceId": "onboarding"},
    "remove_from_sequence": {"sequenceId": "onboarding"},
    "track_event": {"eventName": "welcome_sent", "properties": {"channel": "email"}},
    "ai_analyze": {"prompt": "How interested is this lead?"},
    "ai_generate": {"prompt": "Write a friendly greeting", "model": "gpt-4"},
    "ai_generate_content": {"prompt": "Write an SMS", "outputVariable": "text"},
    "ai_score_lead": {"outputVariable": "score"},
    "http_request": _URL | {"body": {"id": "{{lead.id}}"}},
    "api_call": _URL,
    "webhook": _URL,
    "send_webhook": _URL | {"payload": {"name": "{{lead.name}}"}},
    "webhook_call": _URL,
    "google_sheets": {"spreadsheetId": "sheet-1", "range": "A1", "operation": "append"},
    "database": {"query": "SELECT 1"},
    "database_query": {"query": "SELECT name FROM leads LIMIT 1"},
    "transform_data": {"mapping": {"full_name": "{{firstName}} {{lastName}}"}},
    "validate_data": {"rules": [{"field": "email", "operator": "is_not_empty"}]},
    "enrich_lead_data": {"provider": "example", "fields": ["company"]},
    "calculate_value": {"expression": "1 + 2", "outputVariable": "sum"},
    "format_text": {"text": "{{firstName}}", "format": "uppercase"},
    "wait": {"duration": 1, "unit": "hours", "businessHoursOnly": True},
    "wait_delay": {"duration": 2, "unit": "days"},
    "delay": {"duration": 30, "unit": "minutes"},
    "schedule": {"runAt": "2026-05-01T10:00:00Z"},
    "condition": {"field": "lead.status", "operator": "equals", "value": "new"},
    "conditional": {"field": "lead.source", "operator": "equals", "value": "website"},
    "conditional_branch": {"field": "lead.score", "operator": "greater_than", "value": 50},
    "switch": {"value": "{{lead.source}}", "cases": [{"value": "website"}, {"value": "referral"}]},
    "loop": {"loopType": "for_each", "arrayPath": "lead.tags"},
    "loop_control": {"loopType": "fixed_count", "count": 3},
}
_NODE_TYPES = {
    **dict.fromkeys(("wait", "wait_delay", "delay", "schedule"), "wait"),
    **dict.fromkeys(("condition", "conditional", "conditional_branch", "switch"), "condition"),
    **dict.fromkeys(("loop", "loop_control"), "loop"),
}

# alias -> an action that uses it with that key and value
KEYS: dict[str, tuple[str, Any]] = {
    "message": ("send_sms", "Hi {{firstName}}"),
    "body": ("send_sms", "Hi {{firstName}}"),
    "content": ("send_sms", "Hi {{firstName}}"),
    "customMessage": ("send_whatsapp", "Hi {{firstName}}"),
    "to": ("send_email", "{{email}}"),
    "recipient": ("send_email", "{{email}}"),
    "phone_number": ("send_sms", "{{phone}}"),
    "templateId": ("send_email", "welcome-offer"),
    "template_id": ("send_email", "welcome-offer"),
    "templateName": ("send_whatsapp", "welcome_offer"),
    "title": ("create_task", "Call back"),
    "taskTitle": ("create_task", "Call back"),
    "assignTo": ("assign_lead", "owner"),
    "assignedTo": ("create_task", "owner"),
    "assigned_to": ("create_task", "owner"),
    "userId": ("assign_to_user", "owner"),
    "staff_id": ("create_task", "owner"),
    "dueDate": ("create_task", "2026-05-01"),
    "due_date": ("create_task", "2026-05-01"),
    "url": ("http_request", "https://hooks.example/in"),
    "webhookUrl": ("send_webhook", "https://hooks.example/in"),
    "webhook_url": ("send_webhook", "https://hooks.example/in"),
    "mode": ("send_whatsapp", "freeform"),
    "cc": ("send_email", ["a@gym.example"]),
    "bcc": ("send_email", ["b@gym.example"]),
    "replyTo": ("send_email", "desk@gym.example"),
    "tracking": ("send_email", {"opens": True}),
    "scheduledTime": ("send_email", "2026-04-01T09:00:00Z"),
    "abTestConfig": ("send_email", {"variants": [{"subject": "A", "weight": 50}]}),
    "tag": ("add_tag", "engaged"),
    "tagId": ("add_tag", "b6a4f6a0-7d4f-4a51-8f5e-0a8e8f0a0001"),
    "tags": ("add_tags", ["engaged"]),
}
_NEEDED: dict[str, dict[str, Any]] = {
    "send_email": {"subject": "News", "body": "Hi"},
    "create_task": {"title": "Call back"},
    "send_webhook": {"payload": {"id": 1}},
    "http_request": {"method": "GET"},
}
_REPLACES = {"taskTitle": "title", "templateId": "body", "template_id": "body"}


def action_step(name: str) -> Step:
    """A node with this action type and its usual settings."""
    return Step(_NODE_TYPES.get(name, "action"), name, name.replace("_", " ").capitalize(), ACTIONS[name])


def _key_step(key: str) -> Step:
    name, value = KEYS[key]
    needed = {k: v for k, v in _NEEDED.get(name, {}).items() if k != _REPLACES.get(key)}
    return Step("action", name, f"{name} by {key}", needed | {key: value})


SPECIMENS = tuple(
    Specimen(
        tuple(f"key:{key}" for key in keys),
        recipe(f"Settings written as {keys[0]}", map(_key_step, keys)),
        None,
        ALL_SHAPES,
        only_steps=True,
    )
    for keys in in_groups(tuple(KEYS), 6)
)
CLASSES = (
    *(
        CoverageClass(
            f"action:{n}", f'"actionType": "{n}"', linear_needle=f'"type": "{n}"', shapes=ALL_SHAPES
        )
        for n in ACTIONS
    ),
    *(CoverageClass(f"key:{key}", needle=f'"{key}": ', shapes=ALL_SHAPES) for key in KEYS),
)
