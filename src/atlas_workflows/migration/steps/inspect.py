"""Step `inspect`: translate every workflow in memory and hold the outcome against the rules, before anything is loaded."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from atlas_workflows.exact_json import loads
from atlas_workflows.graph.model import FORMAT
from atlas_workflows.legacy.records import Outcome
from atlas_workflows.migration.checks.check import check, verdict
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.movement.entry import Entry, make_entry
from atlas_workflows.migration.movement.source import survey_for, whole_table
from atlas_workflows.migration.step import ReadsOnly, StepKind, StepResult, StepStatus
from atlas_workflows.migration.undo import NothingToUndo
from atlas_workflows.secrets.sealing import Sealer
from atlas_workflows.site import Progress
from atlas_workflows.validation.data import Frames

if TYPE_CHECKING:
    import pandas

TABLE = "workflows"
SUITE = "batch"
MIN_SECRET = 8


def run(context: PhaseContext) -> StepResult:
    """Run <phase>_batch on a frame with one line of facts per workflow; without any there is nothing to check."""
    frame = _frame(context)
    if frame.empty:
        return StepResult(StepStatus.SKIPPED, {"why": "no workflow belongs to the organizations of this run"})
    return verdict(check(context, f"{context.phase.name}_{SUITE}", Frames({TABLE: frame})))


def facts(entry: Entry) -> Mapping[str, Any]:
    """What the suite looks at: no content, only whether it is as it should be."""
    rows = entry.rows.get("workflows", [])
    definitions = [loads(row["definition"]) for row in rows]
    all_rows = [row for members in entry.rows.values() for row in members]
    secrets = [secret.value for secret in entry.secrets if len(secret.value) >= MIN_SECRET]
    return {
        "source_table": entry.table,
        "source_id": entry.id,
        "organization_id": entry.organization_id,
        "outcome": str(entry.outcome),
        "explained": entry.outcome is Outcome.MIGRATED or bool(entry.reasons or entry.changes),
        "held_back": not entry.changes or all(row.get("status") != "active" for row in rows),
        "has_format": all(definition.get("format") == FORMAT for definition in definitions),
        "keeps_organization": all(row.get("organization_id") == entry.organization_id for row in all_rows),
        "keeps_secrets": not any(secret in str(row) for secret in secrets for row in all_rows),
    }


def _frame(context: PhaseContext) -> "pandas.DataFrame":
    import pandas

    return pandas.DataFrame([facts(entry) for entry in _entries(context)])


def _entries(context: PhaseContext) -> Iterator[Entry]:
    sealer, done = Sealer(context.settings.secret_keys), 0
    with context.connect("inspect", autocommit=True) as reader:
        source = survey_for(context, reader)
        table = source.table(TABLE)
        for batch in whole_table(reader, source, table, context.options):
            entries = (make_entry(row, table, source.tenancy, sealer) for row in batch.rows)
            yield from (entry for entry in entries if source.tenants.covers(entry.organization_id))
            done += len(batch.rows)
            context.progress(Progress("inspect", TABLE, done))


STEP = StepKind(
    "inspect",
    "Check translated workflows before loading",
    run,
    undo=NothingToUndo("it translates in memory; its findings stay with the run's record"),
    dry_run=ReadsOnly("translates every workflow in memory and checks the outcome"),
    continues=True,
    is_gate=True,
    suite=SUITE,
)
