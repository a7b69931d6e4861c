"""Schedules of every kind around the clock changes of five zones, and what `atlas schedule next` says of them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from airflow_process import AirflowRuntime as AirflowRuntime
from airflow_process import airflow_over as airflow_over

from atlas_workflows.schedule.question import answer

ZONES = {  # each with the days before its two clock changes of 2026
    "Europe/London": ("2026-03-28", "2026-10-24"),
    "America/New_York": ("2026-03-07", "2026-10-31"),
    "Australia/Lord_Howe": ("2026-04-04", "2026-10-03"),
    "America/Santiago": ("2026-04-04", "2026-09-05"),
    "Africa/Casablanca": ("2026-02-14", "2026-03-21"),
}
RULES: list[dict[str, Any]] = [
    *({"cron": text} for text in ("0 9 * * *", "30 1 * * *", "30 2 * * 0,1", "*/30 0-3 * * *", "15 */2 * * *", "0 0 L * *",
                                  "0 12 * * 1-5", "45 1 1-31 * *", "0 0 * * 6", "*/20 1 * * 0")),
    *({"rrule": text, "start": "2026-01-05T01:30"} for text in (
        "FREQ=DAILY", "FREQ=WEEKLY;BYDAY=SU,MO", "FREQ=HOURLY;INTERVAL=5", "FREQ=MONTHLY;BYDAY=-1SU", "FREQ=DAILY;INTERVAL=2;BYHOUR=0,2")),
    *({"every": {"amount": amount, "unit": unit, "anchor": "2026-01-01T02:30"}} for amount, unit in (
        (45, "minutes"), (6, "hours"), (1, "days"), (1, "weeks"), (1, "months"))),
]  # fmt: skip
POLICIES: list[dict[str, Any]] = [
    {"gap": "skip"}, {"fold": "second"}, {"fold": "both"}, {"jitter_seconds": 600}, {"skip_dates": ["2026-03-29", "2026-10-25"]},
    {"business_hours": {day: ["01:15-02:45", "09:00-17:00"] for day in ("sat", "sun", "mon", "tue")}},
    {"business_hours": {"mon": ["09:00-17:00"]}, "on_closed": "previous"},
    {"closures": ["2026-03-29", "2026-10-25", "2026-04-05"], "on_closed": "next"}, {"closures": ["2026-10-04"], "on_closed": "skip"},
]  # fmt: skip
WORKFLOW = "0190b0c2-0000-7000-8000-000000000001"
SPECS, AHEAD = 300, 4
SCHEDULER = str(Path(__file__).with_name("stepped_scheduler.py"))


def specs(count: int = SPECS) -> Iterator[dict[str, Any]]:
    """So many of them, the same ones every time."""
    dice = Random(11)
    for number in range(count):
        chosen = dice.sample(POLICIES, number % 3)
        spec = {key: value for part in (RULES[number % len(RULES)], *chosen) for key, value in part.items()}
        # A rule that fires in the night, dropped whenever it is closed, never fires: another test's matter.
        yield spec | (
            {"on_closed": "next"} if "business_hours" in spec and spec.get("on_closed") == "skip" else {}
        )


def said(spec: dict[str, Any], since: str, count: int = AHEAD, workflow: str = WORKFLOW) -> list[str]:
    """When it is due, as the command line answers."""
    question = {**spec, "workflow_id": workflow, "from": since, "count": count}
    return [entry["at"] for entry in answer(question, datetime(2026, 1, 1, tzinfo=UTC))["occurrences"]]
