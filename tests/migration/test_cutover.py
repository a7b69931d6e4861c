"""A cutover fences what it takes and nothing else, the way back leaves the old application as it was, and both can be repeated."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from atlas_state import atlas_state, differences
from cut_over import cut_over, go_back, sign_some
from legacy_samples import clone_sample
from moving_phase import fetch, migrate

from atlas_workflows.db.server import EmbeddedServer

LEGACY = "SELECT id::text, to_jsonb(w) - 'updated_at' FROM public.workflows AS w ORDER BY 1"
OWNERS = "SELECT owner, count(*) FROM atlas.workflows GROUP BY 1 ORDER BY 1"
ON_THERE = "SELECT id::text FROM public.workflows WHERE status = 'active'"
OURS = "SELECT source_id FROM atlas.workflows WHERE owner = 'atlas_enhanced' AND source_id IS NOT NULL"
# What differs from one cutover to the next: when it was, and which run it was.
TIMES = "execution_owners", "legacy_writes", "rollouts"


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


def test_apply_back_apply_is_apply(
    sample: str, pg_server: EmbeddedServer, migrated: str, tmp_path: Path
) -> None:
    straight = pg_server.create_database(f"s_{migrated}", template=migrated)
    cut_over(straight, tmp_path)
    cut_over(sample, tmp_path)
    go_back(sample)
    migrate(sample, tmp_path)  # phase 1 sees no edit in what we wrote: no signature is void
    cut_over(sample, tmp_path)
    left, right = atlas_state(straight, times=False), atlas_state(sample, times=False)
    for table in TIMES:
        left.pop(table), right.pop(table)
    assert differences(left, right) == {}
    assert fetch(straight, OWNERS) == fetch(sample, OWNERS)
    assert fetch(straight, LEGACY) == fetch(sample, LEGACY)
    pg_server.drop_database(straight.rpartition("/")[2])


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
