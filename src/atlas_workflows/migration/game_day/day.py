"""The course of a game day: copy, cutover, live events under kills and a slow provider, rest, the way back, accounts."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from atlas_workflows.db.acting import act_as_migration
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import one, rows, scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.db.tables import read_catalog
from atlas_workflows.errors import GateClosed
from atlas_workflows.migration.cutover.switch import Switch
from atlas_workflows.migration.cutover.take_back import Owned
from atlas_workflows.migration.game_day.accounts import (
    Back,
    EffectRow,
    EventCounts,
    Report,
    complaints,
    count_effects,
)
from atlas_workflows.migration.game_day.copy import (
    Copy,
    back_up,
    keep_nobodys_credentials,
    restored,
)
from atlas_workflows.migration.game_day.diversion import Diverted
from atlas_workflows.migration.game_day.fleet import Fleet, WorkerProcess
from atlas_workflows.migration.game_day.sinks import Places, Taken, Weather, sinks
from atlas_workflows.migration.game_day.traffic import Traffic, read_listened
from atlas_workflows.migration.phases import phase_named
from atlas_workflows.migration.request import RunOptions, Scope
from atlas_workflows.migration.rollback import roll_back
from atlas_workflows.migration.runs.run import run_phase
from atlas_workflows.secrets.keys import with_secret_key
from atlas_workflows.site import Progress, Site

PHASE = "p2"
# The copy needs no checklist, no backup of its own and nobody's approval.
LEFT_OUT = frozenset({"preflight", "backup", "approve"})
LEADS_AT_FIRST, LEADS_PER_KILL, LEADS_AFTER = 12, (2, 8), 3
PAUSES = (0.2, 1.2)
PATIENCE_SECONDS, REST_SECONDS, LOOK_SECONDS, QUIET_LOOKS = 6.0, 240.0, 0.25, 4


@dataclass(frozen=True, slots=True)
class Plan:
    """Whose data, and how rough it gets: so many kills, or as many as fit into so many minutes."""

    scope: Scope
    kills: int = 10
    minutes: float | None = None
    seed: int = 0
    actor: str = "game day"


@dataclass(frozen=True, slots=True)
class Machinery:
    """What the wiring lends: worker processes on a copy whose effects go to the sinks, and what can be diverted at all."""

    begin: Callable[[str, Places], WorkerProcess]
    diverted: Callable[[str, Places], Diverted]


@dataclass(slots=True)
class Parts:
    """The minutes of each part, and who is told where we are."""

    site: Site
    minutes: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        self.site.progress(Progress("game day", name, len(self.minutes), message=name))
        begun = time.monotonic()
        try:
            yield
        finally:
            self.minutes[name] = round((time.monotonic() - begun) / 60, 2)


def rehearse_cutover(site: Site, plan: Plan, machinery: Machinery) -> Report:
    """All of it. Raises what keeps the game day from taking place; what went wrong in it stands in the report."""
    site = replace(site, settings=with_secret_key(site.settings))
    parts = Parts(site)
    with parts.part("backup"):
        backup = back_up(site)
    begun = time.monotonic()
    with restored(backup, site) as copy:
        parts.minutes["restore"] = round((time.monotonic() - begun) / 60, 2)
        there = replace(site, dsn=copy.dsn, progress=lambda _progress: None)
        with there.connect("game-day", autocommit=True) as connection:
            act_as_migration(connection)
            return _Day(there, plan, machinery, parts, copy, connection).run()


@dataclass(slots=True)
class _Day:
    site: Site
    plan: Plan
    machinery: Machinery
    parts: Parts
    copy: Copy
    connection: Connection
    chance: random.Random = field(init=False)
    organizations: list[str] | None = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.plan.seed)
        self.organizations = list(self.plan.scope.organizations) or None

    def run(self) -> Report:
        self._require_untaken()
        before = self._on_there()
        with self.parts.part("cutover"):
            owners = self._cut_over()
        taken = Taken(Weather(), random.Random(self.plan.seed))
        with sinks(taken) as places:
            fleet = Fleet(lambda: self.machinery.begin(self.copy.dsn, places))
            diverted = self.machinery.diverted(self.copy.dsn, places)
            since, traffic = self._now(), self._traffic()
            try:
                self._disturb(fleet, traffic, taken)
                events = self._events(since)
                back = self._go_back(fleet, traffic, before)
            finally:
                fleet.stop()
        effect_rows = rows(self.connection, EffectRow, sql("game_day/effects"), self._given(since))
        effects = count_effects(effect_rows, taken.arrived, diverted.outside)
        return Report(
            self.parts.minutes, owners, events, self._executions(since), effects, _causes(effect_rows), back,
            fleet.kills, fleet.ended, taken.slow, taken.refused, taken.repeats, self.plan.seed, diverted.refused,
            self.copy.switched_off, traffic.why_not, tuple(complaints(events, effects, back)),
        )  # fmt: skip

    def _require_untaken(self) -> None:
        taken = sorted({each.organization for each in self._owned()})
        if taken:
            raise GateClosed(
                f"{len(taken)} organizations are executed here already ({', '.join(taken[:5])}), so their cutover cannot be rehearsed.",
                remedy="Name those that are not with --organization; `atlas rollout status` shows who executes what.",
            )

    def _owned(self) -> list[Owned]:
        given = {"organizations": self.organizations}
        return rows(self.connection, Owned, sql("migration/cutover/owned"), given)

    def _cut_over(self) -> Mapping[str, Mapping[str, int]]:
        phase = phase_named(PHASE)
        phase = replace(phase, steps=tuple(step for step in phase.steps if step not in LEFT_OUT))
        options = RunOptions(
            actor=self.plan.actor, backup=False, rehearse=False, throttle=False, watch_minutes=0,
            report_dir=str(self.site.settings.home / "reports" / f"game-day-{self.site.now():%Y%m%dT%H%M%SZ}"),
        )  # fmt: skip
        ended = run_phase(phase, self.site, scope=self.plan.scope, options=options)
        if ended.status != "succeeded":
            raise GateClosed(
                f"On the copy the cutover did not succeed: {ended.problem}",
                remedy=ended.remedy
                or "Fix the cause and run the game day again; the database itself is as it was.",
            )
        done = ended.steps["cutover"]
        owners: Mapping[str, Mapping[str, int]] = {} if done is None else done.summary["owners"]
        return owners

    def _traffic(self) -> Traffic:
        listened = read_listened(self.connection, self.organizations)
        if not listened:
            raise GateClosed(
                "Nothing that was taken over on the copy listens for an event, so there is nothing to rehearse.",
                remedy="`atlas migrate run p2 --dry-run` says why each workflow stays: sign changes, or name other organizations.",
            )
        keep_nobodys_credentials(self.connection, self.site, sorted({each.organization for each in listened}))
        return Traffic(self.connection, listened, self.chance)

    def _disturb(self, fleet: Fleet, traffic: Traffic, taken: Taken) -> None:
        """Kill at random moments, each time after something arrived or patience ended; then let everything come to rest."""
        with self.parts.part("live"):
            fleet.start()
            traffic.come(LEADS_AT_FIRST)
            deadline = time.monotonic() + 60 * (self.plan.minutes or 0)
            while time.monotonic() < deadline if self.plan.minutes else fleet.kills < self.plan.kills:
                traffic.come(self.chance.randint(*LEADS_PER_KILL))
                _wait_for_more(taken)
                time.sleep(self.chance.uniform(*PAUSES))
                fleet.kill_one(self.chance)
        with self.parts.part("rest"):
            self._rest(fleet)

    def _rest(self, fleet: Fleet) -> None:
        quiet, deadline = 0, time.monotonic() + REST_SECONDS
        while quiet < QUIET_LOOKS and time.monotonic() < deadline:
            fleet.look_after()
            left = scalar(self.connection, sql("engine/backlog")) + scalar(
                self.connection, sql("game_day/unhandled")
            )
            quiet = 0 if left else quiet + 1
            time.sleep(LOOK_SECONDS)

    def _go_back(self, fleet: Fleet, traffic: Traffic, before: frozenset[str]) -> Back:
        """Roll the phase back, and let somebody come afterwards: nothing may start here any more."""
        with self.parts.part("rollback"):
            done = roll_back(
                phase_named(PHASE), self.plan.scope, dsn=self.copy.dsn, execute=True, actor=self.plan.actor,
                reason="game day", now=self.site.now,
            )  # fmt: skip
        with self.parts.part("after"):
            since = self._now()
            traffic.come(LEADS_AFTER)
            self._rest(fleet)
        return Back(
            done.given_back,
            len(self._owned()),
            len(self._on_there() ^ before),
            self._events(since).started,
        )

    def _on_there(self) -> frozenset[str]:
        """Legacy rows that the old application executes."""
        switch = Switch(read_catalog(self.connection))
        ids = [key for (key,) in self.connection.execute(sql("game_day/legacy_ids")).fetchall()]
        return switch.read_on(self.connection, ids)

    def _events(self, since: datetime) -> EventCounts:
        found = one(self.connection, EventCounts, sql("game_day/events"), self._given(since))
        return found or EventCounts()

    def _executions(self, since: datetime) -> dict[str, int]:
        found = self.connection.execute(sql("game_day/executions"), self._given(since)).fetchall()
        return {str(status): int(number) for status, number in found}

    def _given(self, since: datetime) -> dict[str, object]:
        return {"since": since, "organizations": self.organizations}

    def _now(self) -> datetime:
        at: datetime = scalar(self.connection, "SELECT clock_timestamp()")
        return at


def _wait_for_more(taken: Taken) -> None:
    before, deadline = taken.arrived.total(), time.monotonic() + PATIENCE_SECONDS
    while taken.arrived.total() == before and time.monotonic() < deadline:
        time.sleep(0.02)


def _causes(found: Sequence[EffectRow]) -> dict[str, int]:
    """Why effects failed, in the words of the ledger, the most frequent first."""
    said = Counter(f"{row.kind}: {row.error}"[:200] for row in found if row.status == "failed")
    return dict(said.most_common(10))
