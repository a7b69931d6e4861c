"""Every form in which a wait was stored."""

from typing import Any

from atlas_workflows.sample.recipe import Step
from atlas_workflows.sample.specimen import ALL_SHAPES, GREETING, CoverageClass, Specimen, in_groups, recipe

_CONDITION = {"field": "lead.status", "operator": "equals", "value": "converted"}
# form -> (node type, settings, text that only this form has)
WAITS: dict[str, tuple[str, dict[str, Any], str]] = {
    "duration_unit": ("wait", {"duration": 2, "unit": "days"}, '"duration": 2'),
    "duration_object": (
        "wait",
        {"duration": {"value": 36, "unit": "hours"}},
        '"duration": {"unit": "hours", "value": 36}',
    ),
    "duration_value": ("wait", {"durationValue": 3, "durationUnit": "weeks"}, '"durationUnit": "weeks"'),
    "duration_string": ("wait", {"duration": "2", "unit": "hours"}, '"duration": "2"'),
    "base_delay": (
        "dynamic_wait",
        {
            "baseDelay": {"value": 2, "unit": "days"},
            "conditions": [
                {
                    "condition": _CONDITION,
                    "delayModifier": {"operation": operation, "value": 2, "unit": "hours"},
                }
                for operation in ("add", "multiply", "set")
            ],
        },
        '"baseDelay"',
    ),
    "delay_fixed": ("delay", {"delay": {"type": "fixed", "value": 45, "unit": "minutes"}}, '"type": "fixed"'),
    "delay_dynamic": (
        "delay",
        {"delay": {"type": "dynamic", "baseValue": 1, "unit": "days"}},
        '"baseValue": 1',
    ),
    "delay_schedule": (
        "delay",
        {
            "delay": {
                "type": "schedule",
                "scheduledTime": "09:30",
                "timezone": "%ZONE%",
                "businessHours": {"enabled": True, "start": "09:00", "end": "18:00", "days": [1, 2, 3, 4, 5]},
            }
        },
        '"type": "schedule"',
    ),
    "delay_minutes": ("wait", {"delay_minutes": 90}, '"delay_minutes": 90'),
    "wait_type_duration": (
        "wait",
        {"waitType": "duration", "duration": 4, "unit": "hours"},
        '"waitType": "duration"',
    ),
    "wait_type_until_datetime": (
        "wait",
        {"waitType": "until_datetime", "datetime": "2026-05-01T08:00:00Z"},
        '"waitType": "until_datetime"',
    ),
    "wait_type_until_condition": (
        "wait",
        {"waitType": "until_condition", "condition": _CONDITION},
        '"waitType": "until_condition"',
    ),
    "specific_time": (
        "wait",
        {
            "type": "specific_time",
            "specificTime": {"time": "08:15", "timezone": "%ZONE%"},
            "businessHours": {
                "enabled": True,
                "start": "08:00",
                "end": "20:00",
                "days": ["monday", "friday"],
            },
        },
        '"type": "specific_time"',
    ),
    "type_duration": ("wait", {"type": "duration", "duration": 5, "unit": "minutes"}, '"type": "duration"'),
    "business_hours_only": (
        "action",
        {"duration": 1, "unit": "days", "businessHoursOnly": True},
        '"businessHoursOnly": true',
    ),
    "seconds": ("wait", {"duration": 30, "unit": "seconds"}, '"unit": "seconds"'),
    "unknown_unit": ("wait", {"duration": 3, "unit": "fortnights"}, '"unit": "fortnights"'),
    "over_the_cap": ("wait", {"duration": 6, "unit": "minutes"}, '"duration": 6'),
}


def _step(form: str) -> Step:
    node_type, config, _ = WAITS[form]
    return Step(node_type, "wait" if node_type == "action" else "wait_delay", f"Wait ({form})", config)


SPECIMENS = tuple(
    Specimen(
        tuple(f"wait:{form}" for form in forms),
        recipe(f"Wait in the form {forms[0]}", (*map(_step, forms), GREETING)),
        shapes=ALL_SHAPES,
        only_steps=True,
    )
    for forms in in_groups(tuple(WAITS), 3)
)
CLASSES = tuple(
    CoverageClass(f"wait:{form}", needle=needle, shapes=ALL_SHAPES) for form, (_, _, needle) in WAITS.items()
)
