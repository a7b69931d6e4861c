"""A legacy trigger's settings to the parameters of its canonical type, by every spelling that occurs."""

import re
from collections.abc import Callable
from typing import Any

from atlas_workflows.legacy.actions.drawer import (
    UNFIT,
    Drawer,
    Fields,
    choice,
    flag,
    name,
    names,
    plain_number,
    positive,
    same_words,
    text,
    whole,
)
from atlas_workflows.legacy.actions.fields import headers
from atlas_workflows.legacy.conditions.forms import translate_condition
from atlas_workflows.legacy.reasons import ReasonCode
from atlas_workflows.legacy.timing.clock_fields import read_hours
from atlas_workflows.legacy.timing.schedules import translate_schedule
from atlas_workflows.legacy.timing.verdicts import Unreadable

_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(:[0-5]\d)?")
_EVERYTHING = frozenset({"all", "any", "*"})
_CHANNELS = same_words("sms", "whatsapp", "email", "facebook", "instagram", "any")
_METHODS = choice({word.lower(): word for word in ("GET", "POST", "PUT", "PATCH", "DELETE")} | {"any": "any"})


def time_of_day(value: Any, drawer: Drawer) -> Any:  # noqa: ARG001
    """HH:MM, also from H:MM."""
    match = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    return f"{int(match[1]):02d}:{match[2]}{match[3] or ''}" if match else UNFIT


_CLASSES = ("class_types", ("classTypes", "class_types", "class_type", "classType", "className"), names)
_APPOINTMENTS = (
    "appointment_types",
    ("appointmentTypes", "appointmentType", "appointment_type", "class_type"),
    names,
)
_STAFF = ("staff_ids", ("staffIds", "staffId", "staff_id", "instructor", "instructors"), names)
_MEMBERSHIPS = (
    "membership_types",
    ("membershipTypes", "membership_types", "membershipType", "membership_type"),
    names,
)
_STATUSES = ("statuses", ("statuses", "status", "newStatus", "callStatus", "appointmentStatus"), names)
_DAYS_BEFORE = ("days_before", ("daysBefore", "days_before"), whole)
_NOTICE = ("notice_hours", ("noticeHours", "notice_hours", "notice_period"), plain_number)
_STAGES: Fields = (
    ("from_stage", ("fromStage", "from_stage"), name),
    ("to_stage", ("toStage", "to_stage", "stage"), name),
    ("pipeline", ("pipeline", "pipelineId", "pipeline_id"), name),
)

TRIGGER_FIELDS: dict[str, Fields] = {
    "lead_created": (
        ("sources", ("sources", "source", "leadSource"), names),
        ("tags", ("tags",), names),
        ("source_id", ("sourceId", "source_id"), name),
    ),
    "lead_updated": (("fields", ("fields", "watchFields", "field"), names),),
    "lead_stage_changed": _STAGES,
    "lead_score_threshold": (
        ("threshold", ("threshold", "scoreThreshold", "min_score", "minScore"), plain_number),
        ("direction", ("direction",), same_words("above", "below", "crosses")),
    ),
    "lead_score_changed": (
        ("min_change", ("minChange", "min_change"), plain_number),
        (
            "direction",
            ("direction", "score_change", "scoreChange"),
            choice({"increase": "increase", "increased": "increase", "decrease": "decrease", "decreased": "decrease", "any": "any"}),
        ),
    ),
    "client_created": (_MEMBERSHIPS,),
    "membership_expiring": (_DAYS_BEFORE, _MEMBERSHIPS),
    "email_event": (
        ("event", ("eventType", "event_type", "event"), same_words("opened", "clicked", "bounced", "unsubscribed")),
        ("email_id", ("emailId", "email_id"), name),
        ("campaign_id", ("campaignId", "campaign_id"), name),
        ("link", ("link", "linkUrl"), name),
    ),
    "message_received": (("channel", ("channel", "messageType"), _CHANNELS), ("keywords", ("keywords", "keyword"), names)),
    "message_sent": (("channel", ("channel", "messageType"), _CHANNELS),),
    "form_submitted": (
        ("form_ids", ("formIds", "form_ids", "formId", "form_id"), names),
        ("form_type", ("formType", "form_type"), name),
        ("page_id", ("pageId", "page_id"), name),
        ("required_fields", ("requiredFields", "required_fields"), names),
        ("duplicate_handling", ("duplicateHandling", "duplicate_handling"), same_words("allow", "skip", "update")),
    ),
    "survey_submitted": (("survey_ids", ("surveyIds", "surveyId", "survey_id"), names),),
    "appointment_booked": (_APPOINTMENTS, _STAFF),
    "appointment_status_changed": (_APPOINTMENTS, _STATUSES, _STAFF),
    "appointment_cancelled": (
        _APPOINTMENTS,
        _STAFF,
        ("cancelled_by", ("cancelledBy", "cancelled_by"), same_words("customer", "staff", "system", "any")),
        _NOTICE,
    ),
    "booking_created": (_CLASSES,),
    "booking_cancelled": (_CLASSES, _NOTICE),
    "call_booked": (("call_types", ("callTypes", "callType", "call_type"), names),),
    "call_status_changed": (_STATUSES,),
    "class_full": (_CLASSES,),
    "class_reminder": (("hours_before", ("hoursBefore", "hours_before"), whole), _CLASSES),
    "first_session": (_CLASSES,),
    "missed_session": (_CLASSES, ("missed_in_row", ("missedInRow", "consecutiveMissed"), positive)),
    "waitlist_joined": (_CLASSES,),
    "birthday": (_DAYS_BEFORE, ("time", ("time", "sendTime", "runTime"), time_of_day)),
    "custom_date": (
        ("field", ("field", "dateField", "date_field", "customField", "fieldName"), text),
        ("time", ("time", "sendTime", "runTime"), time_of_day),
        ("every_year", ("everyYear", "recurring", "yearly"), flag),
    ),
    "contact_tagged": (
        ("tags", ("tags", "tag", "tagId", "tag_id", "tagName"), names),
        ("action", ("tagAction", "tag_action", "action"), same_words("added", "removed", "any")),
    ),
    "contact_changed": (("fields", ("fields", "field", "watchFields"), names),),
    "note_added": (("keywords", ("keywords", "keyword"), names),),
    "task_reminder": (("minutes_before", ("minutesBefore", "minutes_before"), whole),),
    "opportunity_created": (
        ("pipeline", ("pipeline", "pipelineId"), name),
        ("minimum_value", ("minimumValue", "minValue"), plain_number),
    ),
    "opportunity_stage_changed": _STAGES,
    "payment_failed": (("attempt_number", ("attemptNumber", "attempt_number"), positive),),
    "webhook": (
        ("endpoint_id", ("endpoint_id", "endpointId", "webhook_id", "webhookId", "endpoint", "endpoint_path"), name),
        ("secret", ("secret", "webhook_secret", "webhookSecret", "secret_key"), text),
        ("method", ("method", "http_method", "httpMethod"), _METHODS),
        ("headers", ("headers", "required_headers", "requiredHeaders"), headers),
        ("event", ("webhookEvent", "webhook_event", "event"), name),
        ("verify_signature", ("verifySignature", "verify_signature"), flag),
    ),
    "churn_risk": (("threshold", ("threshold", "riskThreshold"), plain_number),),
    "ai_event": (
        ("event", ("event", "eventType", "aiEvent"), name),
        ("minimum_confidence", ("minimumConfidence", "minConfidence", "confidence", "confidenceThreshold"), plain_number),
    ),
    "business_hours": (("timezone", ("timezone", "timeZone"), name),),
    "manual": (("confirmation_required", ("confirmationRequired", "confirmation_required"), flag),),
    "event": (("name", ("eventName", "event_name", "event", "name"), name),),
}  # fmt: skip
# What the old scoring code put in for a missing value, and for an explicit 0.
_SCORE_DEFAULTS = {"lead_score_threshold": ("threshold", 80), "lead_score_changed": ("min_change", 10)}


def trigger_parameters(
    type_: str, implied: dict[str, Any], drawer: Drawer, timezone: str | None
) -> dict[str, Any]:
    """Parameters of a canonical trigger; unmapped settings stay in the drawer."""
    parameters: dict[str, Any] = {}
    for key in _MEANING_EVERYTHING & drawer.left.keys():
        value = drawer.left[key]
        if isinstance(value, str) and value.lower() in _EVERYTHING:
            del drawer.left[key]
    before = _BEFORE.get(type_)
    if before is not None:
        before(parameters, drawer, timezone)
    drawer.fill(parameters, TRIGGER_FIELDS.get(type_, ()))
    for key, value in implied.items():
        _imply(type_, key, value, parameters)
    if type_ in _SCORE_DEFAULTS:
        _note_scoring(type_, parameters, drawer)
    _filters(parameters, drawer, "trigger" if type_ in _OF_THE_EVENT else "contact")
    return parameters


_MEANING_EVERYTHING = frozenset(
    {"source", "formId", "form_id", "formType", "form_type", "leadSource", "appointmentType"}
)


def _imply(type_: str, key: str, value: Any, parameters: dict[str, Any]) -> None:
    """What the spelling itself says, where the settings do not say otherwise."""
    if type_ == "lead_created" and key == "source":
        parameters.setdefault("sources", [value])
    elif type_ == "booking_created":
        parameters.setdefault("filters", {"field": "trigger.status", "operator": "equals", "value": value})
    else:
        parameters.setdefault(key, value)


def _note_scoring(type_: str, parameters: dict[str, Any], drawer: Drawer) -> None:
    name, default = _SCORE_DEFAULTS[type_]
    if parameters.get(name) == 0:
        drawer.findings.change(
            ReasonCode.SCORE_ZERO_HONOURED, f"{drawer.path}.{name}",
            f"The old code took an explicit 0 for {default}.", before=default, after=0,
        )  # fmt: skip
    if parameters.get("direction") == "crosses":
        drawer.findings.change(
            ReasonCode.SCORE_CROSSING, f"{drawer.path}.direction",
            "The old code fired on the edge only, by the previous score of that one request.",
            before="fired when one request crossed the threshold", after="fires at every crossing, both ways",
        )  # fmt: skip


# Their conditions ask about what was submitted, not about the contact.
_OF_THE_EVENT = frozenset({"form_submitted", "survey_submitted", "webhook", "event"})


def _filters(parameters: dict[str, Any], drawer: Drawer, root: str) -> None:
    for key in ("conditions", "filters", "webhookFilters", "condition"):
        if key not in drawer.left:
            continue
        raw = drawer.left[key]
        if raw in (None, [], {}, ""):
            del drawer.left[key]
            continue
        if isinstance(raw, list):
            raw = {
                "conditions": raw,
                "operator": drawer.left.get("conditionLogic", drawer.left.get("logic", "AND")),
            }
        result = translate_condition(raw, engine=None, path=f"{drawer.path}.{key}", root=root)
        drawer.findings.merge(tuple(result.reasons), tuple(result.changes))
        if result.condition is None:
            continue
        del drawer.left[key]
        known = parameters.get("filters")
        both = {"operator": "and", "conditions": [known, result.condition]}
        parameters["filters"] = result.condition if known is None else both


def _schedule(parameters: dict[str, Any], drawer: Drawer, timezone: str | None) -> None:
    result = translate_schedule(dict(drawer.left), default_timezone=timezone, path=drawer.path)
    drawer.findings.merge(tuple(result.reasons), tuple(result.changes))
    if result.spec is not None:
        parameters["schedule"] = result.spec
        drawer.left = {key: value for key, value in drawer.left.items() if key not in SCHEDULE_KEYS}
    else:
        drawer.findings.keep_inactive()


SCHEDULE_KEYS = frozenset(
    {
        "scheduleType", "schedule_type", "cronExpression", "cron_expression", "cron", "interval", "runAt", "run_at",
        "timezone", "startDate", "endDate", "start_date", "end_date", "daysOfWeek", "days_of_week", "runTime", "tz",
        "run_time", "mode", "date", "time", "catchUp", "catch_up", "active", "schedule", "unit", "value", "days",
        "dayOfMonth", "day_of_month", "frequency", "type", "recurrence", "expression",
    }
)  # fmt: skip


def _lead_created(parameters: dict[str, Any], drawer: Drawer, timezone: str | None) -> None:  # noqa: ARG001
    bounds = drawer.left.get("leadScore")
    if not isinstance(bounds, dict):
        return
    rest = dict(bounds)
    for target, key in (("minimum_score", "min"), ("maximum_score", "max")):
        value = plain_number(rest.get(key), drawer)
        if value is not UNFIT:
            parameters[target] = value
            del rest[key]
    drawer.left["leadScore"] = {key: value for key, value in rest.items() if value is not None}
    if not drawer.left["leadScore"]:
        del drawer.left["leadScore"]


def _form(parameters: dict[str, Any], drawer: Drawer, timezone: str | None) -> None:  # noqa: ARG001
    if str(drawer.left.get("formSelection", "")).lower() in _EVERYTHING:
        for key in ("formIds", "formId"):
            if drawer.left.get(key):
                drawer.left[f"unused.{key}"] = drawer.left.pop(key)


def _score(parameters: dict[str, Any], drawer: Drawer, timezone: str | None) -> None:  # noqa: ARG001
    """The scoring code kept its settings under `conditions`, an object without field or operator."""
    inner = drawer.left.get("conditions")
    if isinstance(inner, dict) and not inner.keys() & {"field", "operator", "conditions"}:
        del drawer.left["conditions"]
        for key, value in inner.items():
            drawer.left.setdefault(key, value)


def _offset(parameters: dict[str, Any], drawer: Drawer, timezone: str | None) -> None:  # noqa: ARG001
    for key, direction in (
        ("daysBefore", "before"),
        ("days_before", "before"),
        ("daysAfter", "after"),
        ("days_after", "after"),
    ):
        amount = whole(drawer.left.get(key), drawer)
        if amount is not UNFIT and "offset" not in parameters:
            parameters["offset"] = {"amount": amount, "unit": "days"}
            parameters["offset_direction"] = direction
            del drawer.left[key]


def _hours(parameters: dict[str, Any], drawer: Drawer, timezone: str | None) -> None:  # noqa: ARG001

    named = {
        "start": ("start", "start_time", "startTime"),
        "end": ("end", "end_time", "endTime"),
        "days": ("days", "workingDays"),
    }
    raw = {
        key: drawer.left[alias] for key, aliases in named.items() for alias in aliases if alias in drawer.left
    }
    if not raw:
        return
    try:
        parameters["hours"] = dict(read_hours(raw, f"{drawer.path}.hours"))
    except Unreadable:
        return
    for aliases in named.values():
        for alias in aliases:
            drawer.left.pop(alias, None)


_BEFORE: dict[str, Callable[[dict[str, Any], Drawer, str | None], None]] = {
    "schedule": _schedule,
    "lead_created": _lead_created,
    "form_submitted": _form,
    "lead_score_threshold": _score,
    "lead_score_changed": _score,
    "custom_date": _offset,
    "business_hours": _hours,
}
