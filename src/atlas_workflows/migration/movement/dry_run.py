"""A backfill that writes nothing: every row is read and translated, and what would happen is kept in memory."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from atlas_workflows.exact_json import loads
from atlas_workflows.legacy.evidence.forecast import Events
from atlas_workflows.legacy.records import Outcome
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.evidence.findings import Found
from atlas_workflows.migration.evidence.gather import EVENTS, FOUND, make_sure
from atlas_workflows.migration.evidence.shown import shown_of
from atlas_workflows.migration.movement.entry import Entry, make_entry
from atlas_workflows.migration.movement.planning import count_rows
from atlas_workflows.migration.movement.source import survey_for, whole_table
from atlas_workflows.secrets.sealing import Sealer
from atlas_workflows.site import Progress

WORKFLOWS = "workflows"


@dataclass(slots=True)
class DryRunFindings:
    """Counts per table and outcome, and the rows a report shows: every workflow, others that are not plainly migrated."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    rows: list[Mapping[str, Any]] = field(default_factory=list)
    evidence: dict[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def note(self, entry: Entry) -> None:
        self.counts.setdefault(entry.table, Counter())[str(entry.outcome)] += 1
        if entry.table == WORKFLOWS and (name := _name_of(entry)):
            self.names[entry.id] = name
        if entry.table == WORKFLOWS or entry.outcome is not Outcome.MIGRATED:
            self.rows.append(
                {
                    "table": entry.table,
                    "id": entry.id,
                    "organization_id": entry.organization_id,
                    "outcome": str(entry.outcome),
                    "reasons": list(entry.reasons),
                    "changes": list(entry.changes),
                }
            )


def name_in(original: str | None) -> str | None:
    """The name that a kept original holds; None where there is none, or the original is sealed."""
    return None if original is None else loads(original).get("name")


def _name_of(entry: Entry) -> str | None:
    translated = entry.rows.get(WORKFLOWS)
    return translated[0].get("name") if translated else name_in(entry.content)


@dataclass(frozen=True, slots=True)
class _Surveyed:
    """What the survey of this dry run found, by workflow and by organization."""

    found: Mapping[str, Found]
    events: Mapping[str, Events]
    counted: frozenset[str]

    def shown(self, entry: Entry) -> Sequence[Mapping[str, Any]]:
        rows = entry.rows.get("trigger_evidence", ())
        events = self.events.get(entry.organization_id or "", {})
        return shown_of(rows, self.found.get(entry.id), events, self.counted)


def _surveyed(context: PhaseContext) -> _Surveyed:
    events: dict[str, dict[tuple[str, str], int]] = defaultdict(dict)
    for (organization, kind, detail), count in context.shared[EVENTS].items():
        events[organization][kind, detail] = count
    found = {item.head.id: item for item in context.shared[FOUND]}
    return _Surveyed(found, events, frozenset(kind for _, kind, _ in context.shared[EVENTS]))


def rehearse_in_memory(context: PhaseContext) -> DryRunFindings:
    """Translate everything the run covers and say what would come of it."""
    make_sure(context)
    surveyed = _surveyed(context)
    findings = DryRunFindings()
    sealer = Sealer(context.settings.secret_keys)
    with context.connect("dry-run", autocommit=True) as reader:
        source = survey_for(context, reader)
        for table in source.tables:
            total, done = count_rows(reader, source.catalog, table.table), 0
            for batch in whole_table(reader, source, table, context.options):
                for row in batch.rows:
                    entry = make_entry(row, table, source.tenancy, sealer)
                    if source.tenants.covers(entry.organization_id):
                        findings.note(entry)
                        if entry.table == WORKFLOWS:
                            findings.evidence[entry.id] = surveyed.shown(entry)
                done += len(batch.rows)
                context.progress(Progress("backfill", table.table, done, max(done, total)))
    return findings
