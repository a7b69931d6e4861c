"""Looks at every schedule of some organizations: what becomes of it, and when it fires, before and after. Writes nothing."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from atlas_workflows.db.acting import act_as_migration
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import rows
from atlas_workflows.db.sql_files import sql
from atlas_workflows.exact_json import loads_plain
from atlas_workflows.legacy.findings import Findings
from atlas_workflows.legacy.graph.assemble import stored_schedules
from atlas_workflows.legacy.graph.raw import raw_graph
from atlas_workflows.legacy.source.tables import READERS
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.cutover.facts import Candidate, firing_schedules, read_candidates
from atlas_workflows.migration.cutover.switch import Switch
from atlas_workflows.migration.movement.source import WORKFLOWS, Source, read_rows, survey_for
from atlas_workflows.migration.phase import Phase
from atlas_workflows.migration.request import is_uuid
from atlas_workflows.migration.scheduling.fire_times import SHOWN, FireTimes, as_configured, fire_times
from atlas_workflows.migration.scheduling.standing import ScheduleFacts, Standing, Verdict, stand
from atlas_workflows.migration.shadow.gate import parity_by_workflow
from atlas_workflows.rollout.ownership import Owner, Parity, Rules, decide

# A phase that compares the semantics insists on it for whatever is taken over.
COMPARES = "shadow"
AT_ONCE = 100
STAYS_ASLEEP = "Its workflow is taken over, and it stays asleep: it is not known to have fired, and nobody signed that it may."
NEXT_CUTOVER = "The old application does not fire it; the next run of phase 2 takes its workflow over."


@dataclass(frozen=True, slots=True)
class Found:
    """A row of p4_advanced/schedules."""

    workflow: str
    organization: str
    legacy_id: str
    name: str
    status: str
    owner: str
    trigger: str
    schedule: str | None
    is_listening: bool
    is_published_here: bool
    evidence: str
    has_fired: bool
    last_fired_at: datetime | None
    signed: list[str]


@dataclass(frozen=True, slots=True)
class Looked:
    """A schedule, what becomes of it, ten instants as configured, as executed and from now on; `candidate` may be taken over."""

    facts: ScheduleFacts
    verdict: Verdict
    legacy_id: str
    name: str
    configured: FireTimes
    executed: tuple[str, ...]
    last_fired_at: str | None
    after: FireTimes
    candidate: Candidate | None = None

    @property
    def fire_times(self) -> dict[str, Any]:
        """As it is kept and shown."""
        return {
            "configured": self.configured.to_json(),
            "executed": list(self.executed),
            "last_fired_at": self.last_fired_at,
            "after": list(self.after.at),
        }

    def to_json(self) -> dict[str, Any]:
        """For the report folder."""
        return {
            "organization_id": self.facts.organization, "workflow_id": self.facts.workflow, "name": self.name,
            "trigger": self.facts.trigger, "legacy_id": self.legacy_id, "standing": str(self.verdict.standing),
            "why": self.verdict.why, "timezone": self.after.timezone, "words": self.after.words, **self.fire_times,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class View:
    """What is looked with: our side, a reader of legacy rows and how they are read, and what a cutover insists on."""

    connection: Connection
    reader: Connection
    source: Source
    rules: Rules

    @property
    def organizations(self) -> list[str]:
        """Those of the run, in the order of their ids."""
        covered = self.source.tenants.covered
        known = self.source.tenancy.organizations if covered is None else covered
        return sorted(organization for organization in known if is_uuid(organization))


@contextmanager
def viewing(context: PhaseContext) -> Iterator[View]:
    """Two sessions in autocommit; the first acts as migration."""
    with (
        context.connect("schedules", autocommit=True) as connection,
        context.connect("reader", autocommit=True) as reader,
    ):
        source = survey_for(context, reader)
        act_as_migration(connection)
        yield View(connection, reader, source, rules_of(context.phase))


def rules_of(phase: Phase) -> Rules:
    """What the cutover of an earlier phase insisted on."""
    return Rules(needs_parity=any(COMPARES in before.steps for before in phase.earlier))


def look(view: View, organizations: Sequence[str], now: datetime) -> tuple[Looked, ...]:
    """Every schedule of these organizations."""
    given = {"organizations": list(organizations)}
    found = rows(view.connection, Found, sql("migration/p4_advanced/schedules"), given)
    candidates = _candidates(view, found, organizations)
    executed = _executed(view.connection, found)
    stored = _stored(view, found)
    return tuple(
        _looked(item, candidates.get(item.workflow), view.rules, executed[item.workflow], stored, now)
        for item in found
    )


def _looked(
    item: Found,
    candidate: Candidate | None,
    rules: Rules,
    executed: tuple[str, ...],
    stored: Mapping[tuple[str, str], Mapping[str, Any]],
    now: datetime,
) -> Looked:
    facts = _facts(item, candidate, rules)
    after = fire_times(facts.schedule, item.workflow, now)
    verdict = stand(facts, is_over=not after.at)
    takes = candidate if verdict.standing is Standing.COMES_OVER else None
    return Looked(
        facts=facts,
        verdict=verdict,
        legacy_id=item.legacy_id,
        name=item.name,
        configured=as_configured(stored.get((item.workflow, item.trigger)), item.workflow, now),
        executed=executed,
        last_fired_at=None if item.last_fired_at is None else _utc(item.last_fired_at),
        after=after,
        candidate=takes,
    )


def _facts(item: Found, candidate: Candidate | None, rules: Rules) -> ScheduleFacts:
    return ScheduleFacts(
        organization=item.organization,
        workflow=item.workflow,
        trigger=item.trigger,
        owner=item.owner,
        status=item.status,
        is_listening=item.is_listening,
        is_published_here=item.is_published_here,
        evidence=item.evidence,
        has_fired=item.has_fired,
        signed=frozenset(item.signed),
        schedule=None if item.schedule is None else loads_plain(item.schedule),
        may_come=None if candidate is None else _may_come(item, candidate, rules),
    )


def _may_come(item: Found, candidate: Candidate, rules: Rules) -> str | None:
    """Empty: its workflow, which the old application fires by the clock, may be taken over; else why it does not come."""
    if candidate.facts.owner is not Owner.LEGACY_APP:
        return None
    decision = decide(candidate.facts, rules)
    if decision.owner is not Owner.ATLAS_ENHANCED:
        return decision.sentence
    if not candidate.facts.is_on_there or not any(
        firing_schedules(candidate.definition, candidate.facts.triggers)
    ):
        return NEXT_CUTOVER
    return STAYS_ASLEEP if item.trigger in decision.asleep else ""


def _candidates(view: View, found: Iterable[Found], organizations: Sequence[str]) -> dict[str, Candidate]:
    """Workflows with a schedule that the old application executes, as if their schedules fired here already."""
    theirs = {item.workflow for item in found if item.owner == Owner.LEGACY_APP}
    if not theirs:
        return {}
    words = parity_by_workflow(view.connection, organizations)
    parity = {workflow: Parity(word) for workflow, word in words.items()}
    switch = Switch(view.source.catalog)
    all_of_them = read_candidates(view.connection, switch, organizations, parity, organizations)
    return {item.facts.workflow: item for item in all_of_them if item.facts.workflow in theirs}


def _executed(connection: Connection, found: Iterable[Found]) -> dict[str, tuple[str, ...]]:
    times: dict[str, list[str]] = defaultdict(list)
    given = {"workflows": sorted({item.workflow for item in found}), "limit": SHOWN}
    for workflow, started_at in connection.execute(sql("migration/p4_advanced/executed"), given):
        times[workflow].append(_utc(started_at))
    return defaultdict(tuple, {workflow: tuple(told) for workflow, told in times.items()})


def _stored(view: View, found: Sequence[Found]) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Workflow and trigger -> its settings as the legacy row holds them now."""
    stored: dict[tuple[str, str], Mapping[str, Any]] = {}
    by_row = {item.legacy_id: item.workflow for item in found}
    ids = sorted(by_row)
    for start in range(0, len(ids), AT_ONCE):
        for legacy_id, schedules in _read(view, ids[start : start + AT_ONCE]):
            stored |= {(by_row[legacy_id], key): settings for key, settings in schedules.items()}
    return stored


def _read(view: View, ids: Sequence[str]) -> Iterator[tuple[str, Mapping[str, Mapping[str, Any]]]]:
    reader = READERS[view.source.shape.letter]
    for row in read_rows(view.reader, view.source, view.source.table(WORKFLOWS), ids):
        record = reader.record(row)
        yield row.id, stored_schedules(record, raw_graph(record, Findings(WORKFLOWS, row.id)))


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
