"""Judges one workflow: how much of its history reproduces, and what differs for its recorded triggers. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from atlas_workflows.engine.program import Program
from atlas_workflows.graph.model import Workflow
from atlas_workflows.legacy.engine.drawn import OldWorkflow
from atlas_workflows.legacy.engine.outcomes import is_straight
from atlas_workflows.legacy.engine.plan import plan
from atlas_workflows.legacy.engine.planned import Plan, Start
from atlas_workflows.legacy.engine.semantics import OldEngine, plausible_engines
from atlas_workflows.migration.shadow.compare import Change, compare
from atlas_workflows.migration.shadow.explain import Explained, Explainer, Visited
from atlas_workflows.migration.shadow.foreseen import Foreseen, foresee
from atlas_workflows.migration.shadow.history import BY_HAND, UNFINISHED, Recorded
from atlas_workflows.migration.shadow.people import without_person
from atlas_workflows.migration.shadow.reenact import Cause, Reenacted, best_engine, reenact
from atlas_workflows.nodes.catalogue import load_catalogue

# Recorded triggers per workflow that are played through both sides: the newest.
MOST_TRIGGERS = 30
MOST_SUBJECTS = 50_000  # told apart per workflow; beyond it they are counted as that many
SOME_MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)  # when made-up triggers come in
# Whoever stands in where no trigger was ever recorded.
STAND_IN: Mapping[str, Any] = {
    "id": "00000000-0000-4000-8000-000000000001", "name": "Robin Sample", "first_name": "Robin", "last_name": "Sample",
    "email": "robin.sample@example.com", "phone": "+15555550100", "status": "new", "source": "website", "score": 50,
    "tags": [],
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sides:
    """One workflow on both sides. `entries`: the reasons and changes that phase 1 recorded for it."""

    old: OldWorkflow
    definition: Workflow
    entries: tuple[Mapping[str, Any], ...]
    organization: Mapping[str, Any]
    is_live: bool = True

    @property
    def engines(self) -> tuple[OldEngine, ...]:
        return plausible_engines(self.old.shape, is_linear=self.old.is_linear, column=self.old.column)


@dataclass(frozen=True, slots=True)
class Shown:
    """One difference as it is stored: how often it occurred, and the first example without anything personal."""

    change: Change
    node: str | None
    field: str
    codes: tuple[str, ...]
    times: int
    before: str
    after: str
    execution: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """`recorded` of `executions` keep finished steps; `reproduced` of those reproduce, `assumed` of these with conditions
    taken from the record. `triggers` were played through both sides: `same`, `explained`, `unexplained`.
    """

    engine: str
    standing: tuple[str, ...]
    executions: int = 0
    recorded: int = 0
    reproduced: int = 0
    assumed: int = 0
    causes: Mapping[str, tuple[int, str, str]] = field(default_factory=dict)
    subjects: int = 0
    triggers: int = 0
    is_made_up: bool = False
    same: int = 0
    explained: int = 0
    unexplained: int = 0
    messages_before: int = 0
    messages_after: int = 0
    differences: tuple[Shown, ...] = ()


class History:
    """Takes a workflow's executions one by one, the newest first, and keeps counts and the few that will be played."""

    def __init__(self, old: OldWorkflow, engines: Sequence[OldEngine]) -> None:
        self.old, self.engines = old, engines
        self.executions = self.recorded = 0
        self.reproduced: Counter[str] = Counter()
        self.assumed: Counter[str] = Counter()
        self.causes: dict[str, dict[Cause, tuple[int, str, str]]] = {engine.called: {} for engine in engines}
        self.newest: list[Recorded] = []
        self._subjects: set[int] = set()
        self._is_straight = is_straight(old)

    def take(self, record: Recorded) -> None:
        """Re-enact one execution under every engine that may have run it."""
        self.executions += 1
        if record.subject is not None and len(self._subjects) < MOST_SUBJECTS:
            self._subjects.add(hash(record.subject))
        if record.status != UNFINISHED and len(self.newest) < MOST_TRIGGERS:
            self.newest.append(record)
        found = self._reenacted(record)
        causes = {seen.cause for seen in found.values()}
        self.recorded += not causes & {Cause.NO_STEPS, Cause.UNFINISHED}
        for name, seen in found.items():
            if seen.cause is None:
                self.reproduced[name] += 1
                self.assumed[name] += seen.assumed > 0
            else:
                times, example, detail = self.causes[name].get(seen.cause, (0, record.id, seen.detail))
                self.causes[name][seen.cause] = (times + 1, example, detail)

    def _reenacted(self, record: Recorded) -> dict[str, Reenacted]:
        if self._is_straight:
            seen = reenact(self.old, record, self.engines[0])
            return {engine.called: seen for engine in self.engines}
        return {engine.called: reenact(self.old, record, engine) for engine in self.engines}

    @property
    def subjects(self) -> int:
        return len(self._subjects)


def judge(sides: Sides, history: History, contacts: Mapping[str, Mapping[str, Any]]) -> Verdict:
    """The verdict under the engine that history leaves standing and that leaves the least unexplained."""
    _, standing = best_engine(sides.engines, history.reproduced)
    records = history.newest or [_stand_in(sides)]
    program = Program(sides.definition, load_catalogue())
    after = [_after(sides, program, record, contacts) for record in records]
    engine, best = standing[0].called, _played(sides, standing[0], records, after, contacts)
    for other in standing[1:] if best.unexplained else ():
        played = _played(sides, other, records, after, contacts)
        if played.unexplained < best.unexplained:
            engine, best = other.called, played
    return Verdict(
        engine=engine,
        standing=tuple(each.called for each in standing),
        executions=history.executions,
        recorded=history.recorded,
        reproduced=history.reproduced[engine],
        assumed=history.assumed[engine],
        causes={str(cause): told for cause, told in history.causes[engine].items()},
        subjects=history.subjects,
        triggers=len(records),
        is_made_up=not history.newest,
        same=best.same,
        explained=best.explained,
        unexplained=best.unexplained,
        messages_before=0 if not history.newest else best.messages,
        messages_after=0 if not history.newest else sum(seen.messages for seen in after),
        differences=best.shown(),
    )


@dataclass(slots=True)
class _Played:
    same: int = 0
    explained: int = 0
    unexplained: int = 0
    messages: int = 0
    found: dict[tuple[Any, ...], Shown] = field(default_factory=dict)

    def take(self, differences: Iterable[Explained], record: Recorded, contact: Mapping[str, Any]) -> None:
        listed = list(differences)
        if not listed:
            self.same += 1
        elif all(each.codes for each in listed):
            self.explained += 1
        else:
            self.unexplained += 1
        for each in listed:
            self._note(each, record, contact)

    def _note(self, each: Explained, record: Recorded, contact: Mapping[str, Any]) -> None:
        difference = each.difference
        key = (difference.change, difference.node, difference.field, each.codes)
        known = self.found.get(key)
        shown = known or Shown(
            *key, 0,
            without_person(difference.before, contact, record.event),
            without_person(difference.after, contact, record.event),
            record.id,
        )  # fmt: skip
        self.found[key] = Shown(*key, shown.times + 1, shown.before, shown.after, shown.execution)

    def shown(self) -> tuple[Shown, ...]:
        return tuple(sorted(self.found.values(), key=lambda each: (bool(each.codes), -each.times)))


def _played(
    sides: Sides,
    engine: OldEngine,
    records: Sequence[Recorded],
    after: Sequence[Foreseen],
    contacts: Mapping[str, Mapping[str, Any]],
) -> _Played:
    explainer = Explainer(sides.old, sides.definition, sides.entries)
    old, new = sides.old.by_id, frozenset(node.id for node in sides.definition.nodes)
    played = _Played()
    for record, seen in zip(records, after, strict=True):
        contact = _contact(record, contacts)
        before = plan(sides.old, _start(sides, record, contact), engine)
        visited = _visited(before, seen)
        played.messages += messages_of(before)
        found = compare(before, seen, old=old, new=new)
        played.take(explainer.explain(found, visited), record, contact)
    return played


def _visited(before: Plan, after: Foreseen) -> Visited:
    times = Counter(step.node for step in before.steps)
    again = frozenset(node for node, count in times.items() if count > 1)
    return Visited(frozenset(times), after.visited, again)


def messages_of(before: Plan) -> int:
    """Messages to people that an old plan really sends."""
    return sum(1 for effect in before.effects if effect.is_message)


def _start(sides: Sides, record: Recorded, contact: Mapping[str, Any]) -> Start:
    return Start(record.id, record.started_at, record.event, contact, sides.organization)


def _after(
    sides: Sides, program: Program, record: Recorded, contacts: Mapping[str, Mapping[str, Any]]
) -> Foreseen:
    data = {
        "contact": dict(_contact(record, contacts)),
        "trigger": dict(record.event),
        "organization": dict(sides.organization),
    }
    return foresee(
        program, data, record.started_at,
        execution=record.id, subject=record.subject or record.id, starter=record.starter, is_live=sides.is_live,
    )  # fmt: skip


def _contact(record: Recorded, contacts: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    known = contacts.get(record.subject or "")
    if known is not None:
        return known
    return record.lead or (STAND_IN if record.subject is None else {})


def _stand_in(sides: Sides) -> Recorded:
    return Recorded(f"made-up-{sides.old.id}", "completed", SOME_MONDAY, BY_HAND, lead=STAND_IN)
