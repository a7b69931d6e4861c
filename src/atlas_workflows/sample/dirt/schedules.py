"""Every form in which a schedule was stored, and cron expressions off the standard."""

from typing import Any

from atlas_workflows.sample.spec import Shape
from atlas_workflows.sample.specimen import ALL_SHAPES, CoverageClass, Specimen, recipe

# form -> (configuration, text that only this form has)
SCHEDULES: dict[str, tuple[dict[str, Any], str]] = {
    "once": (
        {"scheduleType": "once", "runAt": "2026-06-01T09:00:00", "timezone": "%ZONE%"},
        '"scheduleType": "once"',
    ),
    "interval": (
        {"scheduleType": "interval", "interval": {"value": 15, "unit": "minutes"}},
        '"scheduleType": "interval"',
    ),
    "recurring": (
        {
            "scheduleType": "recurring",
            "interval": {"value": 2, "unit": "months"},
            "startDate": "2026-01-31",
            "endDate": "2027-01-31",
            "timezone": "%ZONE%",
        },
        '"scheduleType": "recurring"',
    ),
    "cron": (
        {"scheduleType": "cron", "cronExpression": "0 9 * * 1", "timezone": "%ZONE%"},
        '"cronExpression": "0 9 * * 1"',
    ),
    "cron_last_day": (
        {"scheduleType": "cron", "cronExpression": "0 9 L * *"},
        '"cronExpression": "0 9 L * *"',
    ),
    "cron_nonsense": ({"scheduleType": "cron", "cronExpression": "every tuesday"}, '"every tuesday"'),
    "ui_specific_days": (
        {"scheduleType": "specific_days", "daysOfWeek": [1, 4], "runTime": "18:00", "timezone": "%ZONE%"},
        '"scheduleType": "specific_days"',
    ),
    "ui_everyday": ({"scheduleType": "everyday", "runTime": "07:00"}, '"scheduleType": "everyday"'),
    "ui_weekdays": (
        {"scheduleType": "weekdays", "runTime": "12:15", "timezone": "%ZONE%"},
        '"scheduleType": "weekdays"',
    ),
    "ui_weekends": (
        {"scheduleType": "weekends", "runTime": "10:00", "timezone": "%ZONE%"},
        '"scheduleType": "weekends"',
    ),
    "coach_once": (
        {
            "mode": "once",
            "date": "2026-07-04",
            "time": "08:00",
            "tz": "%ZONE%",
            "catchUp": False,
            "active": True,
        },
        '"mode": "once"',
    ),
    "coach_daily": (
        {"mode": "daily", "time": "02:30", "tz": "%ZONE%", "catchUp": True, "active": True},
        '"mode": "daily"',
    ),
    "coach_weekly": (
        {
            "mode": "weekly",
            "time": "21:00",
            "daysOfWeek": [0, 6],
            "tz": "%ZONE%",
            "catchUp": True,
            "active": False,
        },
        '"mode": "weekly"',
    ),
    "plain_cron": ({"cron": "*/20 6-22 * * *"}, '"cron": "*/20 6-22 * * *"'),
    "zone_escaped": (
        {"scheduleType": "everyday", "runTime": "06:00", "timezone": "Europe&#x2F;London"},
        '"timezone": "Europe&#x2F;London"',
    ),
}
# Shape E's check knows no schedule.
_SHAPES = ALL_SHAPES - {Shape.E}
SPECIMENS = tuple(
    Specimen(
        (f"schedule:{form}",),
        recipe(f"On a schedule in the form {form}", trigger="scheduled", trigger_config=config),
        shapes=_SHAPES,
    )
    for form, (config, _) in SCHEDULES.items()
)
CLASSES = tuple(
    CoverageClass(f"schedule:{form}", needle=needle, shapes=_SHAPES)
    for form, (_, needle) in SCHEDULES.items()
)
