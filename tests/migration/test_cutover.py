"""A cutover fences what it takes and nothing else, the way back leaves the old application as it was, and both can be repeated."""

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from atlas_state import atlas_state, differences
from cut_over import NO_WATCH, core_phase, cut_over, go_back, sign_some
from legacy_samples import clone_sample
from moving_phase import fetch, migrate
from plain_source import new_context, settings_at

from atlas_workflows.db.acting import act_as_migration
from atlas_workflows.db.connect import Connection, connect
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.db.tables import read_catalog
from atlas_workflows.errors import InputError, PermissionMissing, PhaseRefused
from atlas_workflows.migration.checks.check import check
from atlas_workflows.migration.cutover.facts import read_candidates
from atlas_workflows.migration.cutover.switch import Switch
from atlas_workflows.migration.cutover.take_over import Author, take_over
from atlas_workflows.migration.phases import phase_named
from atlas_workflows.migration.ramp import ramp
from atlas_workflows.migration.request import RolloutRequest
from atlas_workflows.migration.steps.cutover import _capture_events
from atlas_workflows.rollout.evaluation import declare_known_flags
from atlas_workflows.rollout.flags import Override
from atlas_workflows.rollout.ownership import Rules
from atlas_workflows.rollout.postgres import PostgresFlags
from atlas_workflows.rollout.rollouts import halt, hold_going, let_go_on, read_owners, read_rollout
from atlas_workflows.site import Site
from atlas_workflows.store.events import captures
from atlas_workflows.validation.results import stopping

LEGACY = "SELECT id::text, to_jsonb(w) - 'updated_at' FROM public.workflows AS w ORDER BY 1"
OWNERS = "SELECT owner, count(*) FROM atlas.workflows GROUP BY 1 ORDER BY 1"
ON_THERE = "SELECT id::text FROM public.workflows WHERE status = 'active'"
OURS = "SELECT source_id FROM atlas.workflows WHERE owner = 'atlas_enhanced' AND source_id IS NOT NULL"
VERSIONS = (
    "SELECT workflow_id::text, version, definition_hash, origin FROM atlas.workflow_versions ORDER BY 1, 2"
)
EDITED = (
    "revision = revision + 1, updated_by = '99999999-9999-4999-8999-999999999999', updated_at = updated_at"
)
EDITS = (
    f"UPDATE atlas.workflows SET name = 'Renamed ' || %s, {EDITED} WHERE id::text = %s",
    f"UPDATE atlas.workflows SET description = 'Said ' || %s, {EDITED} WHERE id::text = %s",
    f"UPDATE atlas.workflows SET status = 'paused', tags = tags || %s::text, {EDITED} WHERE id::text = %s",
    f"UPDATE atlas.workflows SET definition = definition || jsonb_build_object('name', %s::text), {EDITED} WHERE id::text = %s",
)
# What differs from one cutover to the next: when it was, which run it was, and what a later survey saw.
TIMES = "execution_owners", "legacy_writes", "rollouts", "workflow_evidence"


@pytest.fixture(scope="module")
def migrated(pg_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A sample to which phase 1 is applied and in which most changes are signed, to copy from."""
    dsn = clone_sample(pg_server, "A", workflows=60, executions=200)
    migrate(dsn, tmp_path_factory.mktemp("p1"))
    sign_some(dsn)
    yield dsn.rpartition("/")[2]
    pg_server.drop_database(dsn.rpartition("/")[2])


@pytest.fixture
def sample(pg_server: EmbeddedServer, migrated: str) -> Iterator[str]:
    name = f"c_{migrated}"
    yield pg_server.create_database(name, template=migrated)
    pg_server.drop_database(name)


def names(rows: list[tuple[str, ...]]) -> set[str]:
    return {row[0] for row in rows}


def test_what_is_taken_is_off_over_there_and_published_here(sample: str, tmp_path: Path) -> None:
    on_before = names(fetch(sample, ON_THERE))
    ended = cut_over(sample, tmp_path)
    assert ended.status == "succeeded", ended.problem
    ours, on_after = names(fetch(sample, OURS)), names(fetch(sample, ON_THERE))
    live = names(
        fetch(
            sample,
            "SELECT source_id FROM atlas.workflows WHERE owner = 'atlas_enhanced' AND status = 'active'",
        )
    )
    assert on_before & ours == live, "what the old application executed is executed here"
    assert len(live) > 1
    assert on_after == on_before - ours, "and everything else is executed where it was"
    assert on_after, "the sample has workflows that cannot come"
    assert fetch(
        sample,
        "SELECT count(*) FROM atlas.workflows WHERE owner <> 'legacy_app' AND status = 'active' AND awaiting_sign_off",
    ) == [(0,)]
    assert fetch(
        sample, "SELECT count(*) FROM atlas.workflows AS w WHERE owner = 'atlas_enhanced' AND status = 'active' AND NOT EXISTS "
        "(SELECT FROM atlas.workflow_versions AS v WHERE v.workflow_id = w.id AND v.version = w.published_version)",
    ) == [(0,)]  # fmt: skip
    fenced = fetch(
        sample,
        "SELECT count(*), count(drained_at), count(*) FILTER (WHERE drained_at >= fenced_at) FROM atlas.execution_owners WHERE fenced_at IS NOT NULL",
    )
    assert fenced == [(len(live), len(live), len(live))]
    audited = fetch(
        sample, "SELECT count(*) FROM atlas.audit_log WHERE action = 'change_owner' AND actor = 'ana'"
    )
    assert audited == [(len(ours),)]


def test_changes_of_the_crm_are_events_before_anything_is_taken_over(sample: str, tmp_path: Path) -> None:
    ended = cut_over(sample, tmp_path)
    assert ended.status == "succeeded", ended.problem
    with connect(sample, application_name="test", autocommit=True) as connection:
        found = captures(connection)
    assert {each.table for each in found if each.is_captured} >= {"leads"}
    assert [each for each in found if not each.is_captured and each.why is None] == []
    noted = "SELECT count(*) FROM atlas.audit_log WHERE action = 'capture_events'"
    assert fetch(sample, noted) == [(1,)]
    cut_over(sample, tmp_path)
    assert fetch(sample, noted) == [(1,)]


def test_a_role_that_may_not_make_events_takes_nothing_over(sample: str, tmp_path: Path) -> None:
    with connect(sample, application_name="test", autocommit=True) as connection:
        connection.execute("CREATE ROLE without_triggers")
        try:
            connection.execute("GRANT USAGE ON SCHEMA atlas TO without_triggers")
            connection.execute("GRANT EXECUTE ON FUNCTION atlas.event_sources() TO without_triggers")
            connection.execute("SET ROLE without_triggers")
            with pytest.raises(
                PermissionMissing, match="Changes of table clients cannot become events: permission denied"
            ):
                _capture_events(new_context(sample, tmp_path), connection)
        finally:
            connection.execute("RESET ROLE")
            connection.execute("DROP OWNED BY without_triggers")
            connection.execute("DROP ROLE without_triggers")


def test_only_the_on_off_column_is_written(sample: str, tmp_path: Path) -> None:
    before = dict(fetch(sample, LEGACY))
    cut_over(sample, tmp_path)
    after = dict(fetch(sample, LEGACY))
    changed = {key for key in before if before[key] != after[key]}
    assert changed == names(fetch(sample, "SELECT source_id FROM atlas.legacy_writes WHERE kind = 'switch'"))
    for key in changed:
        assert {name for name in before[key] if before[key][name] != after[key][name]} == {"status"}
        assert (before[key]["status"], after[key]["status"]) == ("active", "paused")


def test_the_way_back_leaves_the_old_application_as_it_was(sample: str, tmp_path: Path) -> None:
    before = fetch(sample, LEGACY)
    cut_over(sample, tmp_path)
    counted = go_back(sample, execute=False)
    assert fetch(sample, LEGACY) != before
    done = go_back(sample)
    assert (counted.given_back, counted.kept, counted.removed) == (done.given_back, done.kept, done.removed)
    assert done.given_back["workflows_given_back"] > 1
    assert fetch(sample, LEGACY) == before
    assert names(fetch(sample, OWNERS)) == {"legacy_app"}
    assert fetch(
        sample, "SELECT count(*) FROM atlas.legacy_writes WHERE kind = 'switch' AND restored_at IS NULL"
    ) == [(0,)]
    again = go_back(sample)
    assert (again.given_back, fetch(sample, LEGACY)) == ({}, before)


def state(dsn: str) -> dict[str, list[str]]:
    """What schema atlas holds, without when it was decided and the random ids of versions and of what was made here."""
    found = atlas_state(dsn, times=False)
    for table in TIMES:
        del found[table]
    found["workflow_versions"] = [str(row) for row in fetch(dsn, VERSIONS)]
    found["owners"] = [
        str(row) for row in fetch(dsn, "SELECT id, owner, status FROM atlas.workflows ORDER BY 1")
    ]
    return found


@pytest.fixture
def straight(pg_server: EmbeddedServer, migrated: str) -> Iterator[str]:
    yield pg_server.create_database(f"s_{migrated}", template=migrated)
    pg_server.drop_database(f"s_{migrated}")


def test_apply_back_apply_is_apply(sample: str, straight: str, tmp_path: Path) -> None:
    cut_over(straight, tmp_path)
    cut_over(sample, tmp_path)
    go_back(sample)
    migrate(sample, tmp_path)  # phase 1 sees no edit in what we wrote: no signature is void
    cut_over(sample, tmp_path)
    assert differences(state(straight), state(sample)) == {}
    assert fetch(straight, LEGACY) == fetch(sample, LEGACY)


@pytest.mark.parametrize("seed", [1])
def test_writes_between_apply_and_back_are_all_there_after_apply(
    sample: str, straight: str, tmp_path: Path, seed: int
) -> None:
    for dsn in (straight, sample):
        cut_over(dsn, tmp_path)
        write_at_random(dsn, seed)
    done = go_back(sample)
    assert any("was edited here" in sentence for sentence in done.kept)
    assert any("was made here" in sentence for sentence in done.kept)
    renamed = "SELECT count(*) FROM public.workflows WHERE name LIKE 'Renamed here %%'".replace("%%", "%")
    assert fetch(sample, renamed) != [(0,)], "what the old format can hold is there"
    off = "SELECT count(*) FROM public.workflows AS l JOIN atlas.workflows AS w ON w.source_id = l.id::text WHERE w.status = 'paused' AND w.updated_by IS NOT NULL AND l.status = 'active'"
    assert fetch(sample, off) == [(0,)], "what was switched off here does not wake up over there"
    assert fetch(
        sample, "SELECT count(*) FROM atlas.workflows WHERE source_id IS NULL AND status = 'active'"
    ) == [(0,)]
    migrate(sample, tmp_path)
    migrate(straight, tmp_path)
    cut_over(sample, tmp_path)
    assert differences(state(straight), state(sample)) == {}


def write_at_random(dsn: str, seed: int) -> None:
    """The same writes for the same seed: edits, switches and new workflows here, executions over there."""
    chance = random.Random(seed)
    ours = [
        key
        for (key,) in fetch(
            dsn,
            "SELECT id::text FROM atlas.workflows WHERE owner = 'atlas_enhanced' AND status = 'active' ORDER BY 1",
        )
    ]
    chance.shuffle(ours)
    for number, key in enumerate(ours):
        fetch(dsn, chance.choice(EDITS) if number >= len(EDITS) else EDITS[number], f"here {number}", key)
    for number in range(3):
        made = str(UUID(int=chance.getrandbits(128), version=4))
        fetch(
            dsn,
            "INSERT INTO atlas.workflows (id, organization_id, name, status) SELECT %s, organization_id, %s, 'active' FROM atlas.workflows ORDER BY id LIMIT 1",
            made,
            f"Made here {number}",
        )
    executed = str(UUID(int=chance.getrandbits(128), version=4))
    fetch(
        dsn,
        "INSERT INTO public.workflow_executions (id, workflow_id, status, started_at, completed_at) SELECT %s, id, 'completed', '2026-02-01 10:00Z', '2026-02-01 10:01Z' FROM public.workflows WHERE status = 'active' ORDER BY id LIMIT 1",
        executed,
    )


def test_phase_one_passes_over_what_is_executed_here(sample: str, tmp_path: Path) -> None:
    cut_over(sample, tmp_path)
    ours = fetch(
        sample,
        "SELECT source_id FROM atlas.workflows WHERE owner = 'atlas_enhanced' AND status = 'active' ORDER BY 1 LIMIT 2",
    )
    (edited,), (gone,) = ours
    fetch(
        sample,
        "UPDATE public.workflows SET name = 'Edited over there', nodes = '[]' WHERE id::text = %s",
        edited,
    )
    fetch(sample, "DELETE FROM public.workflows WHERE id::text = %s", gone)
    kept = "SELECT id, name, status, owner, definition FROM atlas.workflows WHERE owner = 'atlas_enhanced' ORDER BY 1"
    before = fetch(sample, kept)
    migrate(sample, tmp_path)
    assert fetch(sample, kept) == before
    go_back(sample)
    assert fetch(
        sample, "SELECT count(*) FROM atlas.legacy_writes WHERE kind = 'switch' AND restored_at IS NULL"
    ) == [(0,)]
    migrate(sample, tmp_path)
    assert stopping(check(new_context(sample, tmp_path), "p2_core_target")) == []


def test_what_was_made_here_wakes_up_in_an_organization_without_legacy_workflows(
    sample: str, tmp_path: Path
) -> None:
    new = "77777777-7777-4777-8777-777777777777"
    fetch(sample, "INSERT INTO organizations (id, name) VALUES (%s, 'New gym')", new)
    fetch(
        sample,
        "INSERT INTO atlas.workflows (organization_id, name, status) VALUES (%s, 'Born', 'active')",
        new,
    )
    migrate(sample, tmp_path)
    status = "SELECT status FROM atlas.workflows WHERE name = 'Born'"
    cut_over(sample, tmp_path)
    go_back(sample)
    assert fetch(sample, status) == [("paused",)]
    cut_over(sample, tmp_path)
    assert fetch(sample, status) == [("active",)]


def test_a_ramp_leaves_out_who_is_held_back_and_refuses_who_is_not_there(sample: str, tmp_path: Path) -> None:
    site = Site(sample, settings_at(tmp_path))
    asked = {"percents": [100], "watch_minutes": 0, "reason": "trial", "dry_run": False}
    everybody = names(fetch(sample, "SELECT organization_id::text FROM atlas.organization_phases"))
    held = sorted(everybody)[0]
    with connect(sample, application_name="test", autocommit=True) as connection:
        declare_known_flags(PostgresFlags(connection), actor="ana")
        PostgresFlags(connection).set_override(
            Override("migration.p2_core", UUID(held), False, "ana", "looked at", site.now())
        )
    [stage] = ramp(core_phase(), site, RolloutRequest.read(asked), NO_WATCH)
    assert stage.went_well
    assert (set(stage.organizations), stage.held_back) == (everybody - {held}, (held,))

    stranger = str(UUID(int=9))
    for way in ("allow", "deny"):
        with pytest.raises(InputError, match=f"No organization {stranger}"):
            list(ramp(core_phase(), site, RolloutRequest.read({**asked, way: [stranger]}), NO_WATCH))
    with pytest.raises(InputError, match="p1_database cuts nobody over"):
        list(ramp(phase_named("p1"), site, RolloutRequest.read(asked), NO_WATCH))


def test_a_ramp_takes_stage_by_stage_and_nobody_while_it_is_halted(sample: str, tmp_path: Path) -> None:
    site = Site(sample, settings_at(tmp_path))
    asked = {"percents": [40, 100], "watch_minutes": 0, "reason": "trial"}
    everybody = names(fetch(sample, "SELECT organization_id::text FROM atlas.organization_phases"))
    shown = list(ramp(core_phase(), site, RolloutRequest.read(asked), NO_WATCH))
    assert set(shown[1].organizations) == everybody
    assert shown[1].status == "dry run"
    assert fetch(sample, "SELECT count(*) FROM atlas.rollouts") == [(0,)]
    assert names(fetch(sample, OWNERS)) == {"legacy_app"}

    held = sorted(everybody)[0]
    real = RolloutRequest.read({**asked, "dry_run": False, "deny": [held]})
    first, second = ramp(core_phase(), site, real, NO_WATCH)
    assert (first.went_well, second.went_well) == (True, True)
    assert set(first.organizations).isdisjoint(second.organizations)
    assert {*first.organizations, *second.organizations} == everybody - {held}
    assert [stage.organizations for stage in ramp(core_phase(), site, real, NO_WATCH)] == [(), ()]

    with connect(sample, application_name="test", autocommit=True) as connection:
        halt(connection, "p2_core", actor="ana", reason="enough", at=site.now())
        with pytest.raises(PhaseRefused, match="halted by ana: enough"):
            list(ramp(core_phase(), site, RolloutRequest.read({**asked, "allow": [held]}), NO_WATCH))
        let_go_on(connection, "p2_core", actor="ana", reason="on", at=site.now())
        later = RolloutRequest.read(
            {"allow": [held], "dry_run": False, "watch_minutes": 0, "reason": "trial"}
        )
        assert [stage.organizations for stage in ramp(core_phase(), site, later, NO_WATCH)] == [(held,)]
        assert {item.owner for item in read_owners(connection)} == {"legacy_app", "atlas_enhanced"}
        assert_no_ramp_says_less_than_what_is_executed_here(connection, site, second.organizations[0])


def assert_no_ramp_says_less_than_what_is_executed_here(
    connection: Connection, site: Site, taken: str
) -> None:
    """Everybody is cut over; a smaller share or a denial is refused by name until they were given back."""
    before = read_rollout(connection, "p2_core")
    asked: dict[str, Any] = {"dry_run": False, "watch_minutes": 0, "reason": "trial"}
    for less in ({"percents": [20, 40]}, {"deny": [taken]}):
        with pytest.raises(InputError, match=rf"would be left out.*{taken}.*stands at 100.00 %"):
            list(ramp(core_phase(), site, RolloutRequest.read(asked | less), NO_WATCH))
    assert read_rollout(connection, "p2_core") == before
    go_back(site.dsn)
    [stage] = ramp(core_phase(), site, RolloutRequest.read(asked | {"deny": [taken]}), NO_WATCH)
    assert stage.went_well
    assert taken not in stage.organizations


def test_a_ramp_waits_for_a_halt_and_takes_nobody(sample: str, tmp_path: Path) -> None:
    site = Site(sample, settings_at(tmp_path))
    asked = RolloutRequest.read({"percents": [100], "dry_run": False, "watch_minutes": 0, "reason": "trial"})
    with (
        connect(sample, application_name="test", autocommit=True) as connection,
        ThreadPoolExecutor(1) as beside,
    ):
        with connection.transaction():
            halt(connection, "p2_core", actor="ana", reason="enough", at=site.now())
            racing = beside.submit(lambda: list(ramp(core_phase(), site, asked, NO_WATCH)))
            wait_for_a_waiter(sample)
        with pytest.raises(PhaseRefused, match="halted by ana: enough"):
            racing.result(30)
        assert read_rollout(connection, "p2_core").cohort.percentage == 0
        act_as_migration(connection)
        switch = Switch(read_catalog(connection))
        candidates = read_candidates(connection, switch, None)
        with pytest.raises(PhaseRefused, match="halted by ana: enough"):
            take_over(connection, switch, candidates, Rules(), Author("p2_core", "bea", site.now()))
    assert names(fetch(sample, OWNERS)) == {"legacy_app"}


def test_a_halt_waits_for_what_is_being_taken_over(sample: str, tmp_path: Path) -> None:
    site = Site(sample, settings_at(tmp_path))

    def stop() -> None:
        with connect(sample, application_name="test", autocommit=True) as beside:
            halt(beside, "p2_core", actor="ana", reason="enough", at=site.now())

    with (
        connect(sample, application_name="test", autocommit=True) as connection,
        ThreadPoolExecutor(1) as beside,
    ):
        with connection.transaction():
            hold_going(connection, "p2_core")
            racing = beside.submit(stop)
            wait_for_a_waiter(sample)
            assert read_rollout(connection, "p2_core").halt is None
        racing.result(30)
        assert read_rollout(connection, "p2_core").halt is not None


def wait_for_a_waiter(dsn: str) -> None:
    """Until a session waits for a lock that another one has."""
    waiting = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    deadline = time.monotonic() + 60
    while not fetch(dsn, waiting):
        assert time.monotonic() < deadline, "nobody waits"
        time.sleep(0.02)


def test_the_suites_hold_before_and_after_and_find_a_workflow_that_nobody_executes(
    sample: str, tmp_path: Path
) -> None:
    context = new_context(sample, tmp_path)
    assert stopping(check(context, "p2_core_preflight")) == []
    cut_over(sample, tmp_path)
    assert stopping(check(context, "p2_core_target")) == []
    ours = "(SELECT id FROM atlas.workflows WHERE owner = 'atlas_enhanced' AND source_id IS NOT NULL AND status = 'active' ORDER BY id LIMIT 1)"
    fetch(sample, f"UPDATE atlas.workflows SET owner = 'legacy_app' WHERE id = {ours}")
    found = {result.column for result in stopping(check(context, "p2_core_target"))}
    assert found == {"has_one_owner", "is_executed_here"}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"percents": [50, 10], "reason": "trial"}, "no growing stages"),
        ({"percents": [0], "reason": "trial"}, "no growing stages"),
        ({"allow": ["gym"], "reason": "trial"}, "'gym' is no organization id"),
        (
            {"allow": [str(UUID(int=1))], "deny": [str(UUID(int=1))], "reason": "trial"},
            "is allowed and denied",
        ),
        ({"percent": 5, "reason": "trial"}, "There is no setting called 'percent'"),
        ({"error_percent": 101, "reason": "trial"}, "error_percent: .*less than or equal to 100"),
        ({"latency_seconds": 0, "reason": "trial"}, "latency_seconds: .*greater than or equal to 1"),
        ({"unsubscribe_percent": -1, "reason": "trial"}, "unsubscribe_percent: .*greater than or equal to 0"),
        ({"error_times_before": 101, "reason": "trial"}, "error_times_before: .*less than or equal to 100"),
        ({"least_ended": 0, "reason": "trial"}, "least_ended: .*greater than or equal to 1"),
    ],
)
def test_a_ramp_that_cannot_be_is_refused(document: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        RolloutRequest.read(document)
