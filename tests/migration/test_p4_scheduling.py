"""Phase 4 lets an organization's schedules fire here, over the dirty corpus: one owner at every moment, nothing unsigned, and back."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from atlas_state import atlas_state, differences
from cut_over import NO_WATCH, core_phase
from moving_phase import fetch, migrate
from plain_source import settings_at

from atlas_workflows.db.acting import act_as_migration
from atlas_workflows.db.connect import connect
from atlas_workflows.db.schema import upgrade
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.errors import PhaseRefused
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.cutover.switch import Switch
from atlas_workflows.migration.cutover.take_over import Author
from atlas_workflows.migration.phase import Phase
from atlas_workflows.migration.phases import phase_named
from atlas_workflows.migration.ramp import ramp
from atlas_workflows.migration.request import RolloutRequest, Scope
from atlas_workflows.migration.rollback import RolledBack, roll_back
from atlas_workflows.migration.runs.outcome import RunResult
from atlas_workflows.migration.runs.run import run_phase
from atlas_workflows.migration.scheduling.look import look, viewing
from atlas_workflows.migration.scheduling.release import bring_over
from atlas_workflows.migration.step import GATE_CLOSED
from atlas_workflows.recurring.entry import Entry
from atlas_workflows.recurring.survey import find_entries
from atlas_workflows.rollout.evaluation import declare_known_flags
from atlas_workflows.rollout.flags import Override
from atlas_workflows.rollout.postgres import PostgresFlags
from atlas_workflows.rollout.rollouts import halt
from atlas_workflows.sample.create import create_sample
from atlas_workflows.sample.spec import make_spec
from atlas_workflows.schedule.occurrences import Schedule
from atlas_workflows.schedule.spec import parse_spec
from atlas_workflows.site import Progress, Site
from atlas_workflows.store.sign_offs import read_awaiting, sign

STEPS = ("expand", "plan_scheduling", "approve", "scheduling", "finish")
FLAG = "scheduling.translated"
# Far from every instant of the schedules that the old application fires here.
NOW = datetime(2027, 3, 2, 12, 5, 30, tzinfo=UTC)
# What differs from one time to the next: when it was, and the ids of versions.
TIMES = {"execution_owners", "legacy_writes", "flags", "workflow_versions"}
VERSIONS = "SELECT workflow_id, version, definition_hash FROM atlas.workflow_versions WHERE origin = 'atlas' ORDER BY 1, 2"
# A way back removes nothing: the version that was published stays, and so does who decided what.
GIVEN_BACK = {
    "execution_owners",
    "legacy_writes",
    "flags",
    "workflow_versions",
    "workflows",
    "listening_triggers",
}
SCHEDULED = ("scheduled", "schedule", "scheduled_time")
LEGACY = "SELECT id::text, to_jsonb(w) - 'updated_at' FROM public.workflows AS w ORDER BY 1"
STANDINGS = (
    "SELECT standing, count(*), count(activated_at) FROM atlas.schedule_activations GROUP BY 1 ORDER BY 1"
)
OWNED_BY_NOBODY = """
SELECT w.id FROM atlas.workflows AS w JOIN public.workflows AS p ON p.id::text = w.source_id
WHERE w.id = ANY(%s) AND (w.owner = 'legacy_app') <> (to_jsonb(p) ->> 'status' IS NOT DISTINCT FROM 'active')
"""


@dataclass(frozen=True)
class Gym:
    """A database whose workflows are those with a schedule, phases 1 and 2 applied; the old application fires some of them."""

    dsn: str
    home: Path
    now: datetime = NOW

    def site(self, progress: Callable[[Progress], None] | None = None) -> Site:
        told = {} if progress is None else {"progress": progress}
        return Site(self.dsn, settings_at(self.home), now=lambda: self.now, **told)

    def run(self, *organizations: str, **options: Any) -> RunResult:
        return run_phase(
            advanced_phase(), self.site(), scope=Scope(organizations), options=replace(NO_WATCH, **options)
        )

    def cut_over(self) -> RunResult:
        return run_phase(core_phase(), self.site(), options=NO_WATCH)

    def back(self, *organizations: str, execute: bool = True) -> RolledBack:
        return roll_back(
            advanced_phase(), Scope(organizations), dsn=self.dsn, execute=execute, actor="ana", reason="trial",
            now=lambda: self.now,
        )  # fmt: skip

    def firing(self) -> set[str]:
        """Workflows that have a DAG of their own, and an instant ahead."""
        with connect(self.dsn, application_name="test", autocommit=True) as connection:
            act_as_migration(connection)
            return {entry.workflow for entry in find_entries(connection, self.now) if self._is_due(entry)}

    def _is_due(self, entry: Entry) -> bool:
        spec = parse_spec(entry.schedule)
        return spec.enabled and Schedule(spec, workflow_id=entry.workflow).after(self.now) is not None


def advanced_phase() -> Phase:
    """Under its real name, without preflight, backup and suites."""
    return replace(phase_named("p4"), steps=STEPS, requires=(core_phase(),))


def corpus(server: EmbeddedServer) -> str:
    """The workflows of a messy sample of shape B that have a schedule, all of them switched on; returns the dsn."""
    spec = make_spec("B", "S", messy=True, seed=3)
    small = replace(spec.size, workflows=140, executions=60, people=10)
    dsn = server.create_database(f"p4_{uuid4().hex[:8]}")
    create_sample(dsn, replace(spec, size=small))
    with psycopg.connect(dsn, autocommit=True) as legacy:
        legacy.execute(
            "TRUNCATE public.workflow_executions, public.workflow_queue, public.workflow_analytics CASCADE"
        )
        legacy.execute(
            "DELETE FROM public.workflows WHERE trigger_type IS NULL OR NOT trigger_type = ANY(%s)",
            [list(SCHEDULED)],
        )
        legacy.execute("UPDATE public.workflows SET status = 'active'")
        legacy.execute("UPDATE public.workflow_triggers SET is_active = true, last_triggered_at = NULL")
        legacy.execute("UPDATE public.schedule_triggers SET is_active = true")
    upgrade(dsn)
    return dsn


def sign_all(dsn: str) -> None:
    with connect(dsn, application_name="test", autocommit=True) as connection:
        for item in read_awaiting(connection):
            sign(connection, item.workflow_id, (), by="ana", reason="trial")


def spoilt(gym: Gym) -> str:
    """Void the signature of a schedule that would wake up; returns its workflow."""
    ((workflow,),) = fetch(
        gym.dsn,
        "UPDATE atlas.sign_offs SET voided_at = now(), void_reason = 'trial' WHERE code = 'NEVER_FIRED_IN_LEGACY'"
        " AND workflow_id = (SELECT workflow_id FROM atlas.listening_triggers WHERE event_type = 'schedule' ORDER BY 1 LIMIT 1)"
        " RETURNING workflow_id::text",
    )
    return str(workflow)


@pytest.fixture(scope="module")
def before(pg_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gym]:
    """Shape B before phase 4. Of two registered schedules the row says that they fired."""
    home = tmp_path_factory.mktemp("p4")
    dsn = corpus(pg_server)
    with psycopg.connect(dsn, autocommit=True) as legacy:
        legacy.execute(
            "UPDATE public.schedule_triggers SET last_run_at = '2026-02-02 09:00+00' WHERE workflow_id IN ("
            "SELECT s.workflow_id FROM public.schedule_triggers AS s JOIN public.workflows AS w ON w.id = s.workflow_id"
            " WHERE s.schedule_config ->> 'cronExpression' IS DISTINCT FROM 'every tuesday'"
            " AND s.schedule_config ->> 'runAt' IS NULL AND s.schedule_config -> 'interval' IS NULL"
            " AND s.schedule_config ->> 'cron' IS NULL AND s.schedule_config ->> 'mode' IS NULL ORDER BY 1 LIMIT 2)"
        )
    gym = Gym(dsn, home)
    assert migrate(dsn, home).status == "succeeded"
    sign_all(dsn)
    assert gym.cut_over().status == "succeeded"
    yield gym
    pg_server.drop_database(dsn.rpartition("/")[2])


@pytest.fixture
def gym(pg_server: EmbeddedServer, before: Gym) -> Iterator[Gym]:
    name = f"p4_{uuid4().hex[:12]}"
    yield replace(before, dsn=pg_server.create_database(name, template=before.dsn.rpartition("/")[2]))
    pg_server.drop_database(name)


def test_what_the_old_application_fires_stays_there_until_then(before: Gym) -> None:
    theirs = fetch(
        before.dsn,
        "SELECT w.id FROM atlas.workflows AS w JOIN atlas.trigger_evidence AS e ON e.workflow_id = w.id"
        " WHERE e.evidence = 'fires' AND e.rule = 'own_row'",
    )
    assert len(theirs) == 2
    assert fetch(before.dsn, OWNED_BY_NOBODY, [row[0] for row in theirs]) == []
    assert before.firing() == set()


def test_schedules_begin_come_over_and_go_back(gym: Gym) -> None:
    there = atlas_state(gym.dsn, times=False), fetch(gym.dsn, LEGACY)
    ended = gym.run()
    assert ended.status == "succeeded", ended.problem
    summary = ended.steps["scheduling"].summary  # type: ignore[union-attr]
    counts = summary["schedules"]
    assert counts["wakes_up"] > 5
    assert (counts["comes_over"], summary["taken_over"], summary["never_quiet"]) == (2, 2, [])
    assert counts["unsigned"] == 0
    active = {row[0]: row[2] for row in fetch(gym.dsn, STANDINGS)}
    assert {name for name, number in active.items() if number} == {"wakes_up", "comes_over"}
    firing = gym.firing()
    assert len(firing) == counts["wakes_up"] + 2
    assert fetch(gym.dsn, OWNED_BY_NOBODY, [UUID(id_) for id_ in firing]) == []
    assert fetch(gym.dsn, "SELECT count(*) FROM atlas.workflow_schedules WHERE is_active") == [(len(firing),)]
    assert fetch(gym.dsn, "SELECT count(*) FROM atlas.audit_log WHERE action = 'activate_schedule'") == [
        (len(firing),)
    ]
    state, legacy = atlas_state(gym.dsn, times=False), fetch(gym.dsn, LEGACY)
    versions = fetch(gym.dsn, VERSIONS)

    assert gym.run().status == "succeeded", "a second run finds nothing to do"
    assert fetch(gym.dsn, LEGACY) == legacy
    assert gym.firing() == firing
    with pytest.raises(PhaseRefused, match="p4_advanced for"):
        roll_back(core_phase(), Scope(), dsn=gym.dsn)

    counted, done = gym.back(execute=False), gym.back()
    assert (counted.removed, counted.given_back) == (done.removed, done.given_back)
    assert done.given_back["workflows_given_back"] == 2
    assert done.given_back["schedules_stopped"] == len(firing)
    assert gym.firing() == set()
    assert fetch(gym.dsn, LEGACY) == there[1]
    back = differences(there[0], atlas_state(gym.dsn, times=False))
    assert back.keys() <= GIVEN_BACK, back

    assert gym.run().status == "succeeded"
    again = differences(state, atlas_state(gym.dsn, times=False))
    assert again.keys() <= TIMES, again
    assert fetch(gym.dsn, VERSIONS) == versions
    assert gym.firing() == firing


def test_nothing_wakes_up_that_nobody_signed(gym: Gym) -> None:
    unsigned = spoilt(gym)
    ended = gym.run()
    assert (ended.status, ended.exit_code) == ("failed", GATE_CLOSED)
    assert unsigned in (ended.problem or "")
    assert "sign-off" in (ended.remedy or "")
    assert gym.firing() == set()
    assert fetch(gym.dsn, "SELECT count(*) FROM atlas.flag_overrides") == [(0,)]
    _held(gym)
    with pytest.raises(PhaseRefused, match=r"ben holds the schedules of .* back: they move house"):
        gym.run()


def _held(gym: Gym) -> None:
    sign_all(gym.dsn)
    fetch(
        gym.dsn, "UPDATE atlas.sign_offs SET voided_at = NULL, void_reason = NULL WHERE void_reason = 'trial'"
    )
    with connect(gym.dsn, application_name="test", autocommit=True) as connection:
        flags = PostgresFlags(connection)
        declare_known_flags(flags, actor="test")
        organization = fetch(gym.dsn, "SELECT organization_id FROM atlas.workflows ORDER BY 1 DESC LIMIT 1")[
            0
        ][0]
        flags.set_override(Override(FLAG, organization, False, "ben", "they move house", NOW))


def test_killed_between_two_organizations_it_goes_on(
    gym: Gym, before: Gym, pg_server: EmbeddedServer
) -> None:
    def kill(progress: Progress) -> None:
        if progress.step == "scheduling":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_phase(advanced_phase(), gym.site(kill), options=NO_WATCH)
    begun = gym.firing()
    assert begun
    assert gym.run().status == "succeeded"
    straight = replace(
        gym, dsn=pg_server.create_database(f"s_{uuid4().hex[:8]}", template=before.dsn.rpartition("/")[2])
    )
    assert straight.run().status == "succeeded"
    assert begun < gym.firing() == straight.firing()
    left = differences(atlas_state(straight.dsn, times=False), atlas_state(gym.dsn, times=False))
    assert fetch(straight.dsn, VERSIONS) == fetch(gym.dsn, VERSIONS)
    pg_server.drop_database(straight.dsn.rpartition("/")[2])
    assert left.keys() <= TIMES, left


def test_an_owner_changes_in_a_quiet_moment_only(gym: Gym) -> None:
    with viewing(PhaseContext(uuid4(), advanced_phase(), Scope(), NO_WATCH, gym.site())) as view:
        looked = [item for item in look(view, view.organizations, NOW) if item.candidate is not None]
        assert len(looked) == 2
        due = min(datetime.fromisoformat(at) for item in looked for at in item.after.at)
        author = Author("p4_advanced", "ana", due - timedelta(seconds=30))
        switch = Switch(view.source.catalog)
        came, waiting = bring_over(view.connection, switch, looked, view.rules, author)
        assert due in {datetime.fromisoformat(item.after.at[0]) for item in waiting}
        assert len(came) + len(waiting) == 2
    assert fetch(gym.dsn, OWNED_BY_NOBODY, [UUID(item.facts.workflow) for item in looked]) == []


def test_stages_take_who_is_cut_over_and_a_halt_holds(gym: Gym) -> None:
    first, *others = sorted(
        str(row[0])
        for row in fetch(gym.dsn, "SELECT DISTINCT organization_id FROM atlas.organization_phases")
    )
    asked = RolloutRequest(allow=(first,), dry_run=False, reason="first")
    (stage,) = ramp(advanced_phase(), gym.site(), asked, NO_WATCH)
    assert (stage.organizations, stage.went_well) == ((first,), True)
    whose = fetch(
        gym.dsn,
        "SELECT DISTINCT organization_id::text FROM atlas.workflows WHERE id = ANY(%s)",
        [UUID(id_) for id_ in gym.firing()],
    )
    assert whose == [(first,)]
    with connect(gym.dsn, application_name="test", autocommit=True) as connection:
        halt(connection, "p4_advanced", actor="ana", reason="too many", at=NOW)
    with pytest.raises(PhaseRefused, match="rollout of p4_advanced was halted"):
        gym.run(*others)
    fetch(
        gym.dsn,
        "UPDATE atlas.organization_phases SET status = 'rolled_back' WHERE organization_id = %s AND phase = 'p2_core'",
        others[0],
    )
    with pytest.raises(PhaseRefused, match=rf"p2_core \(not applied to {others[0]}\)"):
        gym.run(others[0])
