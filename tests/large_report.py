"""A report of as many workflows as wanted, with what makes a page large: changes, reasons, evidence, names, organizations."""

import random
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from atlas_workflows.migration.report.collect import ReportData
from atlas_workflows.migration.report.files import HTML_NAME, Places, write_report
from atlas_workflows.migration.request import RunOptions, Scope
from atlas_workflows.migration.runs.records import RunRow

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
OUTCOMES = ("migrated", "migrated_with_warnings", "migrated_with_warnings", "quarantined")
CAP = {"kind": "duration", "amount": 5, "unit": "minutes"}


def large_report(folder: Path, workflows: int) -> Path:
    """The page of a report of that many workflows of 300 organizations."""
    chance = random.Random(1)
    gyms = {str(_id(chance)): f"Gym {number}" for number in range(300)}
    rows = tuple(_row(chance, list(gyms)) for _ in range(workflows))
    run = RunRow(_id(chance), "p1_database", "succeeded", Scope(), RunOptions(), AT, AT, "Ada", {}, None)
    data = ReportData(
        run=run,
        totals={"workflows": Counter(row["outcome"] for row in rows)},
        workflows=rows,
        others=(),
        names={row["id"]: f"Welcome series {number}" for number, row in enumerate(rows)},
        owners=dict.fromkeys((row["id"] for row in rows), "legacy_app"),
        organizations=gyms,
        evidence={row["id"]: [_trigger(chance)] for row in rows},
    )
    write_report(Places.alone(folder), data)
    return folder / HTML_NAME


def _id(chance: random.Random) -> UUID:
    return UUID(int=chance.getrandbits(128))


def _row(chance: random.Random, gyms: list[str]) -> dict[str, Any]:
    return {
        "table": "workflows", "id": str(_id(chance)), "organization_id": chance.choice(gyms),
        "outcome": chance.choice(OUTCOMES), "changes": _changes(chance), "reasons": _reasons(chance),
    }  # fmt: skip


def _changes(chance: random.Random) -> list[dict[str, Any]]:
    days = {"kind": "duration", "amount": chance.randrange(1, 30), "unit": "days"}
    wait = {
        "code": "WAIT_CAP_REMOVED", "field": f"nodes[{chance.randrange(9)}]", "before": CAP, "after": days,
        "message": "Legacy went on after at most five minutes; the wait now lasts as configured.",
    }  # fmt: skip
    text = {
        "code": "TEXT_WAS_NOT_FILLED", "field": f"nodes[{chance.randrange(9)}].data.config.body",
        "before": f"Hi {{{{firstName}}}}, {chance.getrandbits(60)}", "after": f"Hi {{{{ contact.first_name }}}}, {chance.getrandbits(60)}",
        "message": "One of the engines sent such texts with the variables as written.",
    }  # fmt: skip
    return [change for change in (wait, text) if chance.random() < 0.6]


def _reasons(chance: random.Random) -> list[dict[str, Any]]:
    reason = {
        "code": "TIMEZONE_ASSUMED", "field": f"nodes[{chance.randrange(9)}].data.config.timezone",
        "message": "No zone of its own: America/New_York of the workflow or organization is used.",
    }  # fmt: skip
    return [reason] * chance.randrange(3)


def _trigger(chance: random.Random) -> dict[str, Any]:
    forecast = {
        "events_a_day": ["1.20", "1.20"],
        "messages_per_start": [1, 2],
        "messages_a_day": ["1.20", "2.40"],
    }
    return {
        "trigger": "t", "type": "lead_created", "evidence": chance.choice(["fires", "silent", "unknown"]),
        "rule": "events_without_execution", "last_started_at": "2026-02-01T10:00:00+00:00",
        "subjects_90_days": chance.randrange(99), "started_90_days": chance.randrange(99), "events_90_days": [3, 9],
        "executions": chance.randrange(999), "by_hand": 0, "forecast": forecast,
    }  # fmt: skip


if __name__ == "__main__":
    page = large_report(Path(sys.argv[2]), int(sys.argv[1]))
    print(f"{page}: {page.stat().st_size / 1e6:.1f} MB")
