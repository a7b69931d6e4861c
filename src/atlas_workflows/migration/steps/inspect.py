"""Step `inspect`: translate every workflow in memory and hold the outcome against the rules, before anything is loaded."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from atlas_workflows.db.connect import Connection
from atlas_workflows.exact_json import loads
from atlas_workflows.graph.model import FORMAT
from atlas_workflows.legacy.records import Outcome
from atlas_workflows.migration.checks.check import check, verdict
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.movement.entry import Entry, make_entry
from atlas_workflows.migration.movement.planning import ranges_of
from atlas_workflows.migration.movement.ranges import Range
from atlas_workflows.migration.movement.source import Batch, Source, batches, read_batch, survey_for
from atlas_workflows.migration.movement.workers import (
    Assignment,
    in_processes,
    portable,
    stand_back,
)
from atlas_workflows.migration.step import ReadsOnly, StepKind, StepResult, StepStatus
from atlas_workflows.migration.undo import NothingToUndo
from atlas_workflows.secrets.sealing import Sealer
from atlas_workflows.site import Progress
from atlas_workflows.validation.data import Frames

TABLE = "workflows"
KEY = "source_id"
SUITE = "batch"
MIN_SECRET = 8
# Translated and let go of one by one, so larger batches would only take memory.
BATCH_ROWS = 1_000
# What the suite looks at, by name; all lists have a value for each workflow.
Lines = Mapping[str, list[Any]]


def run(context: PhaseContext) -> StepResult:
    """Run <phase>_batch on one line of facts per workflow; without any there is nothing to check."""
    lines = inspected(context)
    if not lines:
        return StepResult(StepStatus.SKIPPED, {"why": "no workflow belongs to the organizations of this run"})
    return verdict(check(context, f"{context.phase.name}_{SUITE}", Frames({TABLE: lines})))


def facts(entry: Entry) -> Mapping[str, Any]:
    """What the suite looks at: no content, only whether it is as it should be."""
    rows = entry.rows.get("workflows", [])
    definitions = [loads(row["definition"]) for row in rows]
    all_rows = [row for members in entry.rows.values() for row in members]
    secrets = [secret.value for secret in entry.secrets if len(secret.value) >= MIN_SECRET]
    return {
        "source_table": entry.table,
        KEY: entry.id,
        "organization_id": entry.organization_id,
        "outcome": str(entry.outcome),
        "explained": entry.outcome is Outcome.MIGRATED or bool(entry.reasons or entry.changes),
        "held_back": not entry.changes or all(row.get("status") != "active" for row in rows),
        "has_format": all(definition.get("format") == FORMAT for definition in definitions),
        "keeps_organization": all(row.get("organization_id") == entry.organization_id for row in all_rows),
        "keeps_secrets": not any(secret in str(row) for secret in secrets for row in all_rows),
    }


def inspected(context: PhaseContext) -> Lines:
    """The facts of each workflow of the run's organizations, in the order of their keys; empty without any."""
    whole: dict[str, list[Any]] = defaultdict(list)
    for part in _parts(context):
        for name, values in part.items():
            whole[name] += values
    return dict(whole)


def _parts(context: PhaseContext) -> Sequence[Lines]:
    """The facts of all workflows in parts: by several processes where the run has several workers and enough workflows for them."""
    with context.connect("inspect", autocommit=True) as reader:
        source = survey_for(context, reader)
        workers = 1 if context.is_alone else context.options.workers
        ranges = ranges_of(reader, source, source.table(TABLE), workers)
        if len(ranges) == 1:
            return [_lines_of(context, reader, source, ranges[0])]
    to_send = portable(context)
    jobs = [Assignment(to_send, span) for span in ranges]
    return in_processes(context.options.workers, _inspect, jobs, partial(_tell, context))


def _tell(context: PhaseContext, found: Sequence[Lines]) -> None:
    context.progress(Progress("inspect", TABLE, sum(len(lines.get(KEY, ())) for lines in found)))


def _inspect(job: Assignment) -> Lines:
    if job.context.options.throttle:
        stand_back()
    with job.context.connect("inspect", autocommit=True) as reader:
        return _lines_of(job.context, reader, survey_for(job.context, reader), job.range)


def _lines_of(context: PhaseContext, reader: Connection, source: Source, span: Range) -> Lines:
    """The facts of a range, each under its name: thousands of small mappings would take ten times the memory."""
    lines: dict[str, list[Any]] = defaultdict(list)
    sealer, table, done = Sealer(context.settings.secret_keys), source.table(TABLE), 0
    for batch in _batches(context, reader, source, span):
        for row in batch.rows:
            entry = make_entry(row, table, source.tenancy, sealer)
            if source.tenants.covers(entry.organization_id):
                for name, value in facts(entry).items():
                    lines[name].append(value)
        done += len(batch.rows)
        context.progress(Progress("inspect", TABLE, done))
    return dict(lines)


def _batches(context: PhaseContext, reader: Connection, source: Source, span: Range) -> Iterator[Batch]:
    table = source.table(TABLE)
    limits = (min(BATCH_ROWS, context.options.batch_rows), context.options.batch_bytes)

    def read(after: str | None) -> Batch:
        return read_batch(reader, source, table, span.low if after is None else after, span.high, *limits)

    return batches(read)


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
