"""A shadow run: batch by batch over the legacy workflows, read-only for them, resumable, a batch's memory at a time."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from atlas_workflows.db.connect import Connection
from atlas_workflows.exact_json import loads
from atlas_workflows.graph.parse import parse
from atlas_workflows.legacy.engine.drawn import read_workflow
from atlas_workflows.legacy.evidence.forecast import WINDOW_DAYS
from atlas_workflows.legacy.records import SourceRow
from atlas_workflows.legacy.source.tables import READERS
from atlas_workflows.migration.movement.source import WORKFLOWS, Batch, Source, batches, read_batch, survey
from atlas_workflows.migration.request import RunOptions, Scope
from atlas_workflows.migration.shadow.judge import History, Sides, Verdict, judge
from atlas_workflows.migration.shadow.read import Enhanced, Past, read_enhanced, read_organizations
from atlas_workflows.migration.shadow.store import Judged, compared_already, forget_gone, store
from atlas_workflows.site import Progress, Site

BATCH_ROWS, BATCH_BYTES = 100, 8_000_000


@dataclass(slots=True)
class Tally:
    """Sums over the workflows of a run. `unproven`: workflows of which no finished steps were recorded."""

    workflows: int = 0
    unproven: int = 0
    executions: int = 0
    recorded: int = 0
    reproduced: int = 0
    assumed: int = 0
    same: int = 0
    explained: int = 0
    unexplained: int = 0
    causes: Counter[str] = field(default_factory=Counter)
    not_compared: int = 0

    def take(self, verdict: Verdict) -> None:
        """Add one workflow."""
        self.workflows += 1
        self.unproven += verdict.recorded == 0
        for name in ("executions", "recorded", "reproduced", "assumed"):
            setattr(self, name, getattr(self, name) + getattr(verdict, name))
        kind = "unexplained" if verdict.unexplained else "explained" if verdict.explained else "same"
        setattr(self, kind, getattr(self, kind) + 1)
        self.causes.update({cause: told[0] for cause, told in verdict.causes.items()})


@dataclass(frozen=True, slots=True)
class ShadowRun:
    """What to compare, and whether the verdicts are stored. `run_id`: one run taken up again has the same."""

    site: Site
    run_id: UUID
    scope: Scope
    options: RunOptions
    persistent: bool = True


def run_shadow(run: ShadowRun, each: Callable[[Judged], None] = lambda _: None) -> Tally:
    """Compare every migrated workflow of the scope that this run has not compared yet; `each` hears every verdict."""
    with (
        run.site.connect("shadow", autocommit=True) as reader,
        run.site.connect("shadow-verdicts", autocommit=True) as writer,
    ):
        source = survey(reader, run.scope, run.options)
        comparing = _Comparing(run, source, reader, writer)
        for batch in batches(comparing.read):
            for item in comparing.compare(batch.rows):
                each(item)
        if run.persistent and run.scope.is_everything:
            forget_gone(writer)
    return comparing.tally


class _Comparing:
    def __init__(self, run: ShadowRun, source: Source, reader: Connection, writer: Connection) -> None:
        self.run, self.source, self.reader, self.writer = run, source, reader, writer
        self.past = Past(reader, source.catalog)
        self.until = self.past.latest(run.site.now())
        self.since = self.until - timedelta(days=WINDOW_DAYS)
        self.gyms = read_organizations(reader, source.catalog)
        self.tally = Tally()
        self.done = 0

    def read(self, after: str | None) -> Batch:
        table = self.source.table(WORKFLOWS)
        return read_batch(self.reader, self.source, table, after, None, BATCH_ROWS, BATCH_BYTES)

    def compare(self, rows: Sequence[SourceRow]) -> list[Judged]:
        """The verdicts on a batch, stored; workflows that were not migrated or compared already are passed over."""
        by_id = {row.id: row for row in rows}
        enhanced = read_enhanced(self.writer, list(by_id))
        ours = {
            id_: item for id_, item in enhanced.items() if self.source.tenants.covers(item.organization_id)
        }
        if self.run.persistent:
            for id_ in compared_already(self.writer, self.run.run_id, ours):
                del ours[id_]
        judged = self._judged({id_: by_id[id_] for id_ in ours}, ours) if ours else []
        if self.run.persistent:
            store(self.writer, judged, run_id=self.run.run_id, at=self.run.site.now())
        self.done += len(rows)
        self.run.site.progress(Progress("shadow", WORKFLOWS, self.done))
        return judged

    def _judged(self, rows: Mapping[str, SourceRow], enhanced: Mapping[str, Enhanced]) -> list[Judged]:
        sides = {
            id_: found for id_, row in rows.items() if (found := self._sides(row, enhanced[id_])) is not None
        }
        self.tally.not_compared += len(rows) - len(sides)
        histories = {id_: History(each.old, each.engines) for id_, each in sides.items()}
        for workflow, record in self.past.executions(list(sides), self.since, self.until):
            histories[workflow].take(record)
        subjects = {record.subject for history in histories.values() for record in history.newest}
        contacts = self.past.people(subject for subject in subjects if subject is not None)
        judged = [Judged(enhanced[id_], judge(sides[id_], histories[id_], contacts)) for id_ in sides]
        for item in judged:
            self.tally.take(item.verdict)
        return judged

    def _sides(self, row: SourceRow, enhanced: Enhanced) -> Sides | None:
        """Both sides; None where the definition is none that could be executed."""
        definition, _ = parse(loads(enhanced.definition))
        if definition is None:
            return None
        record = READERS[self.source.shape.letter].record(row)
        name = self.gyms.get(enhanced.organization_id)
        organization = {"id": enhanced.organization_id} | ({"name": name} if name else {})
        return Sides(
            read_workflow(record), definition, tuple(loads(enhanced.entries)), organization, enhanced.is_live
        )
