"""What an old step asked for, in the words that the performers take; a kind that is not here is none that we can do as it did."""

from collections.abc import Callable, Mapping
from typing import Any

from atlas_workflows.legacy.engine.course import Course
from atlas_workflows.legacy.engine.deeds import Content
from atlas_workflows.legacy.engine.drawn import OldNode
from atlas_workflows.legacy.engine.known import js_number, js_text
from atlas_workflows.legacy.engine.planned import PlannedEffect
from atlas_workflows.legacy.engine.texts import fill, fill_deep

Settings = Mapping[str, Any]
Fill = Callable[[Any], Any]

_LISTS: Mapping[str, tuple[str, ...]] = {"cc": ("cc", "ccEmails"), "bcc": ("bcc", "bccEmails")}
_TEXTS: Mapping[str, tuple[str, ...]] = {
    "reply_to": ("replyTo", "reply_to"),
    "from_name": ("fromName", "from_name", "senderName"),
    "from_email": ("fromEmail", "from_email", "from"),
}
_PICTURES = ("mediaUrls", "media_urls", "mediaUrl", "media_url", "media")
_PAYLOAD = ("payload", "body", "data", "requestBody")
# The words for a task's priority that its table refused, so that the old step failed; the nearest that it takes.
_PRIORITIES = {"normal": "medium", "urgent": "high", "critical": "high"}


def performed_content(effect: PlannedEffect, node: OldNode, course: Course) -> Content:
    """The content as its performer takes it, texts filled in as the old engine did."""
    engine = course.engine

    def filled(value: Any) -> Any:
        return (
            fill_deep(value, course.known, engine)
            if not isinstance(value, str)
            else fill(value, course.known, engine)
        )

    content = dict(effect.content)
    added = _ADDED.get(effect.kind)
    if effect.recipients and effect.kind in ("send_email", "send_sms", "send_whatsapp"):
        content["to"] = effect.recipients[0]
    if added is not None:
        content |= added(node.settings, filled, effect, course)
    return content


def _email(settings: Settings, filled: Fill, effect: PlannedEffect, _: Course) -> Content:
    found: Content = {"html": True}
    for name, spellings in _LISTS.items():
        value = _first(settings, spellings)
        values = value if isinstance(value, list) else str(value).split(",") if value else []
        found[name] = [js_text(filled(item)).strip() for item in values if item]
    found["cc"] += effect.recipients[1:]  # all recipients of one mail saw one another
    for name, spellings in _TEXTS.items():
        if isinstance(value := _first(settings, spellings), str):
            found[name] = filled(value)
    return found


def _text(settings: Settings, filled: Fill, *_: Any) -> Content:
    value = _first(settings, _PICTURES)
    pictures = value if isinstance(value, list) else [value] if value else []
    return {"media_urls": [filled(item) for item in pictures]} if pictures else {}


def _score(settings: Settings, *_: Any) -> Content:
    operation = str(settings.get("operation") or "add").lower()
    return {"operation": operation if operation in ("add", "subtract", "set") else "add"}


def _task(settings: Settings, filled: Fill, _: PlannedEffect, course: Course) -> Content:
    word = str(settings.get("priority") or "medium").lower()
    found: Content = {
        "priority": _PRIORITIES.get(word, word if word in ("low", "medium", "high") else "medium")
    }
    due = _first(settings, ("dueDate", "due_date", "dueAt", "due_at"))
    days = js_number(_first(settings, ("dueDays", "due_days", "dueInDays", "due_in_days")))
    if days is not None:
        found["due_in"] = {"amount": days, "unit": "days"}
    elif isinstance(due, str):
        found["due_at"] = filled(due)
    elif course.engine.called == "scoring":
        found["due_in"] = {"amount": 24, "unit": "hours"}
    return found


def _request(settings: Settings, filled: Fill, *_: Any) -> Content:
    found: Content = {"method": str(settings.get("method") or settings.get("httpMethod") or "GET").upper()}
    body = _first(settings, _PAYLOAD)
    if isinstance(headers := settings.get("headers"), Mapping):
        found["headers"] = {str(name): js_text(filled(value)) for name, value in headers.items()}
    return found | ({"body": filled(body)} if body is not None else {})


def _webhook(settings: Settings, filled: Fill, _: PlannedEffect, course: Course) -> Content:
    payload = _first(settings, _PAYLOAD)
    found: Content = {"payload": filled(payload) if payload is not None else {
        "contact": dict(course.known.contact), "trigger": dict(course.known.event),
    }}  # fmt: skip
    if isinstance(headers := settings.get("headers"), Mapping):
        found["headers"] = {str(name): js_text(filled(value)) for name, value in headers.items()}
    return found


def _first(settings: Settings, spellings: tuple[str, ...]) -> Any:
    return next((settings[name] for name in spellings if settings.get(name) not in (None, "")), None)


_ADDED: Mapping[str, Callable[..., Content]] = {
    "send_email": _email,
    "send_sms": _text,
    "send_whatsapp": _text,
    "update_lead_score": _score,
    "create_task": _task,
    "http_request": _request,
    "send_webhook": _webhook,
}
# Kinds that are done as the old engines did them, and what their content cannot be without.
PERFORMED: Mapping[str, tuple[str, ...]] = {
    "send_email": ("body",),
    "send_sms": ("message",),
    "send_whatsapp": ("message",),
    "notify_team": ("message",),
    "add_tags": (),
    "remove_tags": (),
    "update_lead": ("fields",),
    "update_contact": ("fields",),
    "update_lead_status": ("status",),
    "change_stage": ("stage",),
    "update_lead_score": ("value",),
    "assign_lead": ("user_id",),
    "create_task": ("title",),
    "add_note": ("text",),
    "log_activity": ("activity_type",),
    "http_request": ("url",),
    "send_webhook": ("url",),
}
