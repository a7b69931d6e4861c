"""Evidence as reports and the sign-off list show it: per trigger the class, what stands behind it, and the forecast."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import errors

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import streamed
from atlas_workflows.db.sql_files import sql
from atlas_workflows.exact_json import dumps_text, loads
from atlas_workflows.legacy.evidence.events import Asked
from atlas_workflows.legacy.evidence.forecast import Events, Forecast, forecast
from atlas_workflows.legacy.evidence.verdicts import EvidenceClass
from atlas_workflows.migration.evidence.findings import Found

# Source id of a workflow -> its triggers, each as an object.
Shown = Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Counts:
    """What the survey counted for a workflow; all None where it found nothing of it."""

    last_started_at: datetime | None = None
    subjects_recently: int | None = None
    started_recently: int | None = None
    executions: int | None = None
    by_hand: int | None = None
    events_low: int | None = None
    events_high: int | None = None


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
    texts: dict[str, list[str]] = defaultdict(list)
    try:
        with connection.transaction():
            for source_id, trigger in streamed(
                connection, _stored, sql("migration/evidence/of_workflows"), parameters
            ):
                texts[source_id].append(dumps_text(trigger))
    except errors.UndefinedTable:
        return {}
    return _Kept(texts)


class _Kept(Mapping[str, Sequence[Mapping[str, Any]]]):
    """Kept as text and read when asked for: the objects of fifty thousand workflows would take a hundred megabytes."""

    def __init__(self, texts: Mapping[str, Sequence[str]]) -> None:
        self._texts = texts

    def __getitem__(self, workflow: str) -> Sequence[Mapping[str, Any]]:
        return [loads(text) for text in self._texts[workflow]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


def _stored(
    source_id: str,
    trigger_key: str,
    trigger_type: str,
    evidence: str,
    rule: str,
    forecast: str | None,
    **counts: Any,
) -> tuple[str, Mapping[str, Any]]:
    told = None if forecast is None else loads(forecast)
    return source_id, _shown(trigger_key, trigger_type, evidence, rule, Counts(**counts), told)


def shown_of(
    triggers: Iterable[Mapping[str, Any]], found: Found | None, events: Events, counted: Collection[str]
) -> list[Mapping[str, Any]]:
    """The same for a workflow of a dry run: its rows of trigger_evidence, and what the survey found."""
    counts = Counts()
    if found is not None:
        started, seen = found.by_event, (found.executions, found.by_hand)
        counts = Counts(started.last_at, started.subjects, started.recently, *seen, *found.events)
    return [
        _shown(
            row["trigger_key"],
            row["trigger_type"],
            row["evidence"],
            row["rule"],
            counts,
            _told(row, events, counted),
        )
        for row in sorted(triggers, key=lambda row: str(row["trigger_key"]))
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
    asked = Asked.recorded(row["event_kind"], row["event_details"], row["is_certain"])
    found = forecast(asked, (row["messages_low"], row["messages_high"]), events, counted)
    return None if found is None else found.to_json()


def _shown(
    key: str, type_: str, evidence: str, rule: str, counts: Counts, told: Mapping[str, Any] | None
) -> Mapping[str, Any]:
    last = counts.last_started_at
    # The counts are of the column's own events; what no door reached has none.
    is_reached = evidence != EvidenceClass.CANNOT_FIRE
    return {
        "trigger": key,
        "type": type_,
        "evidence": evidence,
        "rule": rule,
        "last_started_at": last.isoformat() if last is not None and is_reached else None,
        "subjects_90_days": (counts.subjects_recently or 0) if is_reached else 0,
        "started_90_days": (counts.started_recently or 0) if is_reached else 0,
        "events_90_days": [counts.events_low or 0, counts.events_high or 0] if is_reached else [0, 0],
        "executions": counts.executions or 0,
        "by_hand": counts.by_hand or 0,
        "forecast": told,
    }
