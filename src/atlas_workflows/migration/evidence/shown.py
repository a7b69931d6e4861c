"""Evidence as reports and the sign-off list show it: per trigger the class, what stands behind it, and the forecast."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from psycopg import errors

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.sql_files import sql
from atlas_workflows.exact_json import loads
from atlas_workflows.legacy.evidence.events import Asked
from atlas_workflows.legacy.evidence.forecast import Events, Forecast, forecast
from atlas_workflows.legacy.evidence.verdicts import EvidenceClass
from atlas_workflows.migration.evidence.findings import Found

# Source id of a workflow -> its triggers, each as an object.
Shown = Mapping[str, Sequence[Mapping[str, Any]]]


def read_shown(
    connection: Connection, organizations: Sequence[str] | None = None, workflow_id: str | None = None
) -> Shown:
    """The stored evidence: of all workflows, of those of some organizations, or of one.

    A schema of an earlier revision holds none.
    """
    parameters = {
        "organizations": None if organizations is None else list(organizations),
        "workflow_id": workflow_id,
    }
    shown: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    try:
        with connection.transaction():
            rows = connection.execute(sql("migration/evidence/of_workflows"), parameters).fetchall()
    except errors.UndefinedTable:
        return {}
    for source_id, _, key, type_, evidence, rule, told, *counts in rows:
        shown[source_id].append(_shown(key, type_, evidence, rule, counts, told and loads(told)))
    return shown


def shown_of(
    rows: Iterable[Mapping[str, Any]], found: Found | None, events: Events, counted: Collection[str]
) -> list[Mapping[str, Any]]:
    """The same for a workflow of a dry run: its rows of trigger_evidence, and what the survey found."""
    counts: list[Any] = [None] * 7
    if found is not None:
        started = found.by_event
        counts = [
            started.last_at, started.subjects, started.recently, found.executions, found.by_hand, *found.events,
        ]  # fmt: skip
    return [
        _shown(
            row["trigger_key"],
            row["trigger_type"],
            row["evidence"],
            row["rule"],
            counts,
            _told(row, events, counted),
        )
        for row in sorted(rows, key=lambda row: str(row["trigger_key"]))
    ]


def classes_of(shown: Shown) -> dict[str, int]:
    """How many triggers are of which class; all four are there."""
    found = Counter(item["evidence"] for items in shown.values() for item in items)
    return {str(name): found[str(name)] for name in EvidenceClass}


def sentence_of(item: Mapping[str, Any]) -> str:
    """One line about one trigger, for people."""
    told = item["forecast"]
    parts = [f"{item['trigger']} ({item['type']}): {item['evidence']}, {item['rule'].replace('_', ' ')}"]
    if item["last_started_at"]:
        parts.append(f"last on {item['last_started_at'][:10]}, {item['subjects_90_days']} people in 90 days")
    if told:
        ranges = (told["events_a_day"], told["messages_per_start"], told["messages_a_day"])
        parts.append(f"would be {Forecast(*(tuple(pair) for pair in ranges)).sentence}")
    return "; ".join(parts)


def _told(row: Mapping[str, Any], events: Events, counted: Collection[str]) -> Mapping[str, Any] | None:
    kind, details = row["event_kind"], row["event_details"]
    asked = (
        None if kind is None else Asked(kind, None if details is None else tuple(details), row["is_certain"])
    )
    found = forecast(asked, (row["messages_low"], row["messages_high"]), events, counted)
    return None if found is None else found.to_json()


def _shown(
    key: str, type_: str, evidence: str, rule: str, counts: Sequence[Any], told: Mapping[str, Any] | None
) -> Mapping[str, Any]:
    last, subjects, recently, executions, by_hand, low, high = counts
    # The counts are of the column's own events; what no door reached has none.
    is_reached = evidence != EvidenceClass.CANNOT_FIRE
    return {
        "trigger": key,
        "type": type_,
        "evidence": evidence,
        "rule": rule,
        "last_started_at": last.isoformat() if last is not None and is_reached else None,
        "subjects_90_days": (subjects or 0) if is_reached else 0,
        "started_90_days": (recently or 0) if is_reached else 0,
        "events_90_days": [low or 0, high or 0] if is_reached else [0, 0],
        "executions": executions or 0,
        "by_hand": by_hand or 0,
        "forecast": told,
    }
