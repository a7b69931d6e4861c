"""A backfill that writes nothing: every row is read and translated, and what would happen is kept in memory."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from atlas_workflows.legacy.records import Outcome
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.evidence.gather import make_sure
from atlas_workflows.migration.movement.entry import Entry, make_entry
from atlas_workflows.migration.movement.planning import count_rows
from atlas_workflows.migration.movement.source import read_batch, survey_for
from atlas_workflows.secrets.sealing import Sealer
from atlas_workflows.site import Progress

WORKFLOWS = "workflows"


@dataclass(slots=True)
class Findings:
    """Counts per table and outcome, and the rows a report shows: every workflow, others that are not plainly migrated."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    rows: list[Mapping[str, Any]] = field(default_factory=list)

    def note(self, entry: Entry) -> None:
        self.counts.setdefault(entry.table, Counter())[str(entry.outcome)] += 1
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


def rehearse_in_memory(context: PhaseContext) -> Findings:
    """Translate everything the run covers and say what would come of it."""
    make_sure(context)
    findings = Findings()
    sealer = Sealer(context.settings.secret_keys)
    with context.connect("dry-run", autocommit=True) as reader:
        source = survey_for(context, reader)
        for table in source.tables:
            total, done, after, is_last = count_rows(reader, source, table.table), 0, None, False
            while not is_last:
                batch = read_batch(
                    reader,
                    source,
                    table,
                    after,
                    None,
                    context.options.batch_rows,
                    context.options.batch_bytes,
                )
                for row in batch.rows:
                    entry = make_entry(row, table, source.tenancy, sealer)
                    if source.tenants.covers(entry.organization_id):
                        findings.note(entry)
                done += len(batch.rows)
                after, is_last = (batch.rows[-1].id if batch.rows else after), batch.is_last
                context.progress(Progress("backfill", table.table, done, max(done, total)))
    return findings
