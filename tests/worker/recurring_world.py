"""Recurring workflows under a stepped clock: published ones, a stand-in for Airflow's scheduler, and what the pure decisions say."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from workflows import line, wait
from world import ONE, PostgresWorld, work

from atlas_workflows.graph.model import Edge, Trigger, Workflow
from atlas_workflows.recurring.entry import Entry
from atlas_workflows.recurring.occasion import Recurring, due_occasion
from atlas_workflows.recurring.starting import ask_gate, start_occasion
from atlas_workflows.recurring.survey import keep_snapshot, take_snapshot
from atlas_workflows.rollout.flags import Override
from atlas_workflows.rollout.known import MOST_DAGS
from atlas_workflows.rollout.postgres import PostgresFlags
from atlas_workflows.schedule.decisions import is_wanted, next_due, on_overlap
from atlas_workflows.schedule.occurrences import Schedule
from atlas_workflows.schedule.spec import parse_spec

BEGIN = datetime(2031, 6, 10, 8, 30, tzinfo=UTC)  # after everything was published
LASTS = timedelta(minutes=150)


def recurring(name: str, **schedule: Any) -> Workflow:
    """Executions of it take LASTS."""
    flow = line(name, wait("b", int(LASTS.total_seconds()) // 60))
    at = Trigger("nine", "schedule", {"schedule": {"timezone": "UTC", **schedule}})
    edges = (*flow.edges, Edge("s", "nine", "b"))
    return replace(flow, edges=edges, triggers=(*flow.triggers, at))


def published(world: PostgresWorld, flow: Workflow, organization: str = ONE) -> Recurring:
    return Recurring(organization, world.publish(flow, organization), "nine")


def leave_to_sweep(world: PostgresWorld, organization: str, swept: bool = True) -> None:
    """Whether the sweep starts an organization's schedules."""
    flags = PostgresFlags(world.connection)
    if flags.flag(MOST_DAGS.key) is None:
        flags.put_flag(MOST_DAGS, actor="test", reason="known")
    bound = 0 if swept else MOST_DAGS.default
    flags.set_override(Override(MOST_DAGS.key, UUID(organization), bound, "ada", "try it", BEGIN))


def go_to(world: PostgresWorld, now: datetime) -> None:
    """What is over by then is over."""
    world.move_to(now)
    world.executions.promote()
    work(world)


def started(world: PostgresWorld, which: Recurring) -> list[str]:
    """The occurrences that have an execution, each as often as it has one."""
    found = world.rows(
        "SELECT trigger_data ->> 'occurrence' FROM atlas.workflow_executions WHERE workflow_id = %s ORDER BY 1",
        which.workflow,
    )
    return [occurrence for (occurrence,) in found]


@dataclass(slots=True)
class Scheduler:
    """Makes a DAG run for each occurrence of every DAG in the snapshot, and runs it; the last of each is in Airflow's database."""

    world: PostgresWorld
    last: dict[str, datetime] = field(default_factory=dict)
    entries: Mapping[str, Entry] = field(default_factory=dict)

    def refresh(self, now: datetime) -> None:
        snapshot = take_snapshot(self.world.connection, now)
        keep_snapshot(self.world.connection, snapshot)
        self.entries = {e.dag_id: e for e in snapshot.entries}

    def run(self, now: datetime) -> None:
        for dag_id, entry in self.entries.items():
            which = Recurring(entry.organization, entry.workflow, entry.trigger)
            for due in list(dues(entry, now, self.last.get(dag_id))):
                self.last[dag_id] = due
                occasion = due_occasion(due)
                if ask_gate(self.world.connection, which, occasion, now).may_start:
                    start_occasion(self.world.connection, which, occasion, now)


def dues(entry: Entry, now: datetime, last: datetime | None) -> Iterator[datetime]:
    """What Airflow's scheduler asks the timetable for until nothing is due."""
    schedule = Schedule(parse_spec(entry.schedule), workflow_id=entry.workflow)
    while (found := next_due(schedule, now, after=last, not_before=entry.since)) is not None:
        if found.at > now:
            return
        last = found.at
        yield last


@dataclass(slots=True)
class Oracle:
    """What the pure decisions make of a schedule, one step of the clock after another."""

    schedule: Schedule
    since: datetime
    last: datetime | None = None
    running: list[datetime] = field(default_factory=list)  # when each is over
    buffered: datetime | None = None
    started: list[str] = field(default_factory=list)

    def step(self, now: datetime) -> None:
        self.running = [over for over in self.running if over > now]
        self._turn(now)
        while (found := next_due(self.schedule, now, after=self.last, not_before=self.since)) is not None:
            if found.at > now:
                return
            self.last = found.at
            if is_wanted(self.schedule, found.at, now):
                self._decide(found.at, now)

    def _turn(self, now: datetime) -> None:
        if self.buffered is not None and not self.running:
            self._start(self.buffered, now)
            self.buffered = None

    def _decide(self, due: datetime, now: datetime) -> None:
        waiting = int(self.buffered is not None)
        found = on_overlap(self.schedule.spec, executing=len(self.running), buffered=waiting)
        if found == "buffer":
            self.buffered = due
        elif found == "cancel_and_start":
            self.running = []
        if found in ("start", "cancel_and_start"):
            self._start(due, now)

    def _start(self, due: datetime, now: datetime) -> None:
        self.running.append(now + LASTS)
        self.started.append(due_occasion(due).key)


def oracle(schedule: Mapping[str, Any], workflow: str) -> Oracle:
    spec = parse_spec({"timezone": "UTC", **schedule})
    return Oracle(Schedule(spec, workflow_id=workflow), BEGIN)


def hours(count: int, step: Callable[[datetime], None], begin: datetime = BEGIN) -> None:
    """Step the clock through so many hours."""
    for number in range(count):
        step(begin + timedelta(hours=number, minutes=31))
