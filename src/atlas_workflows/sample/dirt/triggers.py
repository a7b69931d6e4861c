"""Every trigger type and alias, each with the configuration that the old application gave it."""

from typing import Any

from atlas_workflows.sample.dirt.actions import ACTIONS, action_step
from atlas_workflows.sample.shape_linear import CHECKED_E, CHECKED_F
from atlas_workflows.sample.spec import Shape
from atlas_workflows.sample.specimen import ALL_SHAPES, LINEAR_SHAPES, CoverageClass, Specimen, recipe

_APPOINTMENT = {"appointmentType": "class"}
_EVENT: dict[str, Any] = {}
_FORM = {
    "formId": "trial-form",
    "formType": "all",
    "conditions": [{"field": "age", "operator": "greater_than", "value": "17"}],
    "requiredFields": ["email"],
    "duplicateHandling": "skip",
}
_LEAD = {
    "source": "website",
    "tags": ["vip"],
    "leadScore": {"min": 10, "max": 90},
    "sourceId": "s-1",
    "conditions": [],
}
_SCHEDULE = {"scheduleType": "cron", "cronExpression": "30 6 * * 1-5", "timezone": "%ZONE%"}
_THRESHOLD = {"trigger_type": "lead_score_threshold", "conditions": {"threshold": 80, "direction": "above"}}
_WEBHOOK = {
    "webhook_id": "wh-shop",
    "endpoint": "https://app.example/hooks/wh-shop",
    "secret": "fake-webhook-secret-0001",
    "method": "POST",
    "headers": {"X-Shop": "gym"},
    "webhookEvent": "order.paid",
    "webhookFilters": [],
}

TRIGGERS: dict[str, dict[str, Any]] = {
    "lead_created": {"source": "all"},
    "new_lead": _LEAD,
    "lead_trigger": {"source": "facebook"},
    "lead.created": {"source": "all"},
    "manual_lead": {},
    "lead_updated": {"fields": ["status", "email"]},
    "lead.updated": {"fields": ["phone"]},
    "lead_stage_changed": {"fromStage": "new", "toStage": "qualified"},
    "lead.converted": _EVENT,
    "lead_scored": {"leadScore": {"min": 60}},
    "lead_score_threshold": _THRESHOLD,
    "lead_score_change": {
        "trigger_type": "lead_score_change",
        "conditions": {"minChange": 10, "direction": "increase"},
    },
    "lead_became_hot": {"trigger_type": "lead_became_hot"},
    "lead_became_cold": {"trigger_type": "lead_became_cold"},
    "new_client": _EVENT,
    "member.joined": _EVENT,
    "membership_expiring": {"daysBefore": 7},
    "membership_expires_soon": {"daysBefore": 14},
    "email_opened": {"emailId": "welcome-offer"},
    "email_event": {"eventType": "clicked", "emailId": "welcome-offer", "campaignId": "spring"},
    "message_received": {"channel": "sms", "keywords": ["STOP", "JOIN"]},
    "message_sent": {"channel": "whatsapp"},
    "customer_replied": {"channel": "whatsapp"},
    "whatsapp_message": _EVENT,
    "facebook_message": _EVENT,
    "instagram_message": _EVENT,
    "form_submitted": _FORM,
    "website_form": {"formId": "all"},
    "facebook_lead_form": {"pageId": "1029", "formSelection": "specific", "formIds": ["77"], "formId": "all"},
    "survey_submitted": {"surveyId": "nps"},
    "appointment_booked": _APPOINTMENT,
    "appointment_status": {"status": "no_show"},
    "appointment_cancelled": _APPOINTMENT,
    "booking": _EVENT,
    "booking.created": _EVENT,
    "booking_confirmed": _EVENT,
    "booking.cancelled": _EVENT,
    "booking_cancelled": _EVENT,
    "call_booking": _EVENT,
    "call_booking.created": _EVENT,
    "call_status_changed": {"status": "missed"},
    "class_full": {"classId": "spin-1"},
    "class_reminder": {"hoursBefore": 24},
    "first_session": _EVENT,
    "missed_session": _EVENT,
    "waitlist_joined": _EVENT,
    "birthday_trigger": {"daysBefore": 0},
    "custom_date_trigger": {"dateField": "joined_on", "offsetDays": 30},
    "fixed_date": {"date": "2026-12-24", "time": "09:00"},
    "contact_tagged": {"tagId": "vip", "tagAction": "added"},
    "contact_changed": {"fields": ["phone"]},
    "note_added": _EVENT,
    "task_reminder": {"hoursBefore": 2},
    "opportunity_created": _EVENT,
    "opportunity_stage_changed": {"fromStage": "open", "toStage": "won"},
    "payment_failed": {"attempts": 2},
    "scheduled": _SCHEDULE,
    "schedule": {"cron": "0 8 1 * *"},
    "scheduled_time": {"scheduleType": "everyday", "runTime": "07:30", "timezone": "%ZONE%"},
    "business_hours": {"start": "09:00", "end": "17:00", "days": ["mon", "tue", "wed"], "timezone": "%ZONE%"},
    "webhook": _WEBHOOK,
    "webhook_received": {"webhookId": "wh-2", "method": "POST"},
    "ai_churn_risk": {"threshold": 0.7},
    "ai_trigger": {"model": "churn"},
    "manual": {},
    "event": {"event": "door.opened"},
    "custom": {"event": "custom.thing"},
}


def _specimens() -> list[Specimen]:
    actions = tuple(ACTIONS)
    made = []
    for number, (trigger, config) in enumerate(TRIGGERS.items()):
        mine = actions[number :: len(TRIGGERS)]
        steps = tuple(action_step(name) for name in mine)
        shows = (f"trigger:{trigger}", *(f"action:{name}" for name in mine))
        made.append(
            Specimen(shows, recipe(f"On {trigger}", steps, trigger, trigger_config=config), None, ALL_SHAPES)
        )
    return made


def _class(trigger: str) -> CoverageClass:
    shapes = {Shape.E: CHECKED_E, Shape.F: CHECKED_F}
    fitting = {shape for shape in LINEAR_SHAPES if trigger in shapes.get(shape, TRIGGERS)}
    return CoverageClass(
        f"trigger:{trigger}",
        needle=f'"trigger_type": "{trigger}"',
        shapes=ALL_SHAPES - LINEAR_SHAPES | fitting,
    )


SPECIMENS = tuple(_specimens())
CLASSES = tuple(_class(trigger) for trigger in TRIGGERS)
