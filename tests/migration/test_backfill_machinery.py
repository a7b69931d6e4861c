"""The loader's promises on a plain translation: complete, repeatable, bounded, and stopped by no bad row."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from plain_source import TABLES, add_workflow, make_legacy, new_context, open_public, plain_source

from atlas_workflows.errors import PhasePaused
from atlas_workflows.legacy.records import RowsOutcome, SourceRow, SourceTable, Tenancy
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.movement.backfill import at_work, work_range
from atlas_workflows.migration.movement.capture import install_capture
from atlas_workflows.migration.movement.catch_up import catch_up, take_deletions
from atlas_workflows.migration.movement.planning import planned_ranges, read_range_progress
from atlas_workflows.migration.movement.source import Source
from atlas_workflows.migration.movement.sweep import sweep_table
from atlas_workflows.migration.movement.workers import work_ranges
from atlas_workflows.migration.pace.pacer import new_pace
from atlas_workflows.migration.request import Scope
from atlas_workflows.migration.runs.controls import pause_run
from atlas_workflows.secrets.sealing import Sealer

WRITTEN = ("workflows", "workflow_triggers", "originals", "migration_ledger", "quarantine", "secrets")


def fetch(dsn: str, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with open_public(dsn) as connection:
        return connection.execute(statement.encode(), parameters or None).fetchall()


def execute(dsn: str, statement: str, *parameters: Any) -> None:
    with open_public(dsn) as connection:
        connection.execute(statement.encode(), parameters or None)


def backfill(context: PhaseContext, source: Source | None = None) -> None:
    source = source or plain_source(context)
    with context.connect("test", autocommit=True) as connection:
        ranges = planned_ranges(connection, source, context.run_id, 1, context.now())
    work_ranges(context, source, [each.range for each in ranges if not each.is_finished], lambda: None)


def versions(dsn: str) -> list[tuple[Any, ...]]:
    """Physical row versions of everything the loader writes: equal lists mean that nothing was written."""
    return [
        row
        for table in WRITTEN
        for row in fetch(dsn, f"SELECT '{table}', xmin::text, ctid::text FROM atlas.{table} ORDER BY ctid")
    ]


def test_every_source_row_has_an_outcome_and_its_original(atlas_dsn: str, tmp_path: Path) -> None:
    make_legacy(atlas_dsn, workflows=30)
    with open_public(atlas_dsn) as connection:
        homeless = add_workflow(connection, None, 900)
    backfill(new_context(atlas_dsn, tmp_path, batch_rows=7))
    assert fetch(
        atlas_dsn,
        "SELECT source_table, outcome, count(*) FROM atlas.migration_ledger GROUP BY 1, 2 ORDER BY 1, 2",
    ) == [
        ("workflow_triggers", "skipped", 31),
        ("workflows", "migrated", 30),
        ("workflows", "quarantined", 1),
    ]
    assert fetch(atlas_dsn, "SELECT count(*) FROM atlas.workflows") == [(30,)]
    assert fetch(atlas_dsn, "SELECT source_id FROM atlas.quarantine WHERE resolved_at IS NULL") == [
        (homeless,)
    ]
    [(content, digest)] = fetch(
        atlas_dsn,
        "SELECT content::jsonb, content_hash = encode(sha256(convert_to(content, 'UTF8')), 'hex')"
        " FROM atlas.originals WHERE source_id = %s AND source_table = 'workflows'",
        homeless,
    )
    assert digest
    assert content["created_at"] == "2025-01-02 03:04:05.678901+00"
    assert content["organization_id"] is None


def test_a_second_run_writes_nothing(atlas_dsn: str, tmp_path: Path) -> None:
    make_legacy(atlas_dsn)
    backfill(new_context(atlas_dsn, tmp_path))
    before = versions(atlas_dsn)
    assert len(before) > 100
    backfill(new_context(atlas_dsn, tmp_path))
    assert versions(atlas_dsn) == before


def test_a_change_of_a_row_or_its_side_row_is_taken_up_alone(atlas_dsn: str, tmp_path: Path) -> None:
    make_legacy(atlas_dsn, workflows=10)
    backfill(new_context(atlas_dsn, tmp_path))
    [(first,), (second,), *_] = fetch(atlas_dsn, "SELECT id::text FROM workflows ORDER BY id")
    execute(atlas_dsn, "UPDATE workflows SET name = 'Renamed' WHERE id::text = %s", first)
    execute(
        atlas_dsn,
        "UPDATE workflow_triggers SET trigger_type = 'webhook' WHERE workflow_id::text = %s",
        second,
    )
    untouched = fetch(
        atlas_dsn,
        "SELECT id, xmin::text FROM atlas.workflows WHERE id::text NOT IN (%s, %s) ORDER BY 1",
        first,
        second,
    )
    backfill(new_context(atlas_dsn, tmp_path))
    assert fetch(atlas_dsn, "SELECT name, revision FROM atlas.workflows WHERE id::text = %s", first) == [
        ("Renamed", 2)
    ]
    assert fetch(
        atlas_dsn, "SELECT trigger_type FROM atlas.workflow_triggers WHERE workflow_id::text = %s", second
    ) == [("webhook",)]
    assert (
        fetch(
            atlas_dsn,
            "SELECT id, xmin::text FROM atlas.workflows WHERE id::text NOT IN (%s, %s) ORDER BY 1",
            first,
            second,
        )
        == untouched
    )
    assert (
        fetch(atlas_dsn, "SELECT updated_at FROM atlas.workflows WHERE id::text = %s", first)[0][
            0
        ].isoformat()
        == "2025-02-03T04:05:06+00:00"
    )


def test_one_bad_row_does_not_stop_its_batch(atlas_dsn: str, tmp_path: Path) -> None:
    make_legacy(atlas_dsn, workflows=20)
    execute(
        atlas_dsn,
        "UPDATE workflows SET name = NULL WHERE id = (SELECT id FROM workflows ORDER BY id OFFSET 11 LIMIT 1)",
    )
    backfill(new_context(atlas_dsn, tmp_path, batch_rows=100))
    [(_, reasons)] = fetch(
        atlas_dsn, "SELECT outcome, reasons FROM atlas.migration_ledger WHERE outcome = 'quarantined'"
    )
    assert reasons[0]["code"] == "LOAD_REFUSED"
    assert "null value in column" in reasons[0]["message"]
    assert fetch(atlas_dsn, "SELECT count(*) FROM atlas.workflows") == [(19,)]
    execute(atlas_dsn, "UPDATE workflows SET name = 'Mended' WHERE name IS NULL")
    backfill(new_context(atlas_dsn, tmp_path))
    assert fetch(atlas_dsn, "SELECT count(*) FROM atlas.workflows") == [(20,)]
    assert fetch(atlas_dsn, "SELECT resolution IS NOT NULL FROM atlas.quarantine") == [(True,)]


def test_a_translation_that_raises_costs_one_row(atlas_dsn: str, tmp_path: Path) -> None:
    make_legacy(atlas_dsn, workflows=5)
    context = new_context(atlas_dsn, tmp_path)

    def fragile(row: SourceRow, tenancy: Tenancy) -> RowsOutcome:
        if row.columns["name"] == "Workflow 3":
            raise KeyError("nobody foresaw this")
        return TABLES[0].rows(row, tenancy)

    source = replace(plain_source(context), tables=(SourceTable("workflows", fragile),))
    backfill(context, source)
    assert fetch(atlas_dsn, "SELECT outcome, count(*) FROM atlas.migration_ledger GROUP BY 1 ORDER BY 1") == [
        ("migrated", 4),
        ("quarantined", 1),
    ]
    assert fetch(atlas_dsn, "SELECT reasons->0->>'code' FROM atlas.quarantine") == [("TRANSLATION_FAILED",)]


def test_a_row_of_ten_megabytes_comes_alone(atlas_dsn: str, tmp_path: Path) -> None:
    [organization, _] = make_legacy(atlas_dsn, workflows=12)
    with open_public(atlas_dsn) as connection:
        huge = add_workflow(connection, organization, 77, nodes='["' + "x" * 10_500_000 + '"]')
    context = new_context(atlas_dsn, tmp_path, batch_bytes=1_000_000)
    sizes: list[int] = []
    source = plain_source(context)
    with at_work(context, source) as worker:
        ranges = planned_ranges(worker.writer, source, context.run_id, 1, context.now())
        done = 0

        def note() -> None:
            nonlocal done
            rows = sum(each.rows_done for each in read_range_progress(worker.writer, context.run_id))
            sizes.append(rows - done)
            done = rows

        work_range(worker, ranges[0].range, new_pace(context, None), note)
    assert 1 in sizes
    assert fetch(
        atlas_dsn, "SELECT length(definition::text) > 10000000 FROM atlas.workflows WHERE id::text = %s", huge
    ) == [(True,)]
    assert fetch(atlas_dsn, "SELECT count(*) FROM atlas.workflows") == [(13,)]


def test_originals_with_secrets_are_sealed_and_open_again(atlas_dsn: str, tmp_path: Path) -> None:
    [organization, _] = make_legacy(atlas_dsn, workflows=3)
    with open_public(atlas_dsn) as connection:
        key = add_workflow(connection, organization, 50, nodes='[{"token": "secret-1234"}]')
    context = new_context(atlas_dsn, tmp_path)
    backfill(context)
    [(content, sealed, digest)] = fetch(
        atlas_dsn,
        "SELECT content, sealed, content_hash FROM atlas.originals WHERE source_id = %s AND source_table = 'workflows'",
        key,
    )
    assert content is None
    assert digest.startswith("hmac:")
    assert "secret-1234" in Sealer(context.settings.secret_keys).unseal(sealed)
    assert fetch(atlas_dsn, "SELECT 1 FROM atlas.originals WHERE content LIKE '%%secret-1234%%'") == []
    before = versions(atlas_dsn)
    backfill(new_context(atlas_dsn, tmp_path))
    assert versions(atlas_dsn) == before


def test_a_scope_leaves_other_organizations_alone(atlas_dsn: str, tmp_path: Path) -> None:
    [first, second] = make_legacy(atlas_dsn, workflows=10)
    with open_public(atlas_dsn) as connection:
        add_workflow(connection, None, 900)
    backfill(new_context(atlas_dsn, tmp_path, scope=Scope((first,))))
    assert fetch(atlas_dsn, "SELECT DISTINCT organization_id::text FROM atlas.migration_ledger") == [(first,)]
    assert fetch(atlas_dsn, "SELECT count(*) FROM atlas.workflows") == [(5,)]
    backfill(new_context(atlas_dsn, tmp_path, scope=Scope((second,))))
    assert fetch(atlas_dsn, "SELECT count(*) FROM atlas.workflows") == [(10,)]
    assert fetch(atlas_dsn, "SELECT count(*) FROM atlas.quarantine") == [(0,)]


def test_a_pause_stops_between_two_batches_and_resume_goes_on(atlas_dsn: str, tmp_path: Path) -> None:
    make_legacy(atlas_dsn, workflows=30)
    context = new_context(atlas_dsn, tmp_path, batch_rows=5)
    source = plain_source(context)
    with context.connect("test", autocommit=True) as connection:
        ranges = planned_ranges(connection, source, context.run_id, 1, context.now())
        with pytest.raises(PhasePaused, match="paused"):
            work_ranges(context, source, [ranges[0].range], lambda: pause_run(connection, context.run_id))
        assert fetch(atlas_dsn, "SELECT count(*) FROM atlas.workflows") == [(5,)]
        connection.execute("UPDATE atlas.phase_runs SET status = 'running'")
        work_ranges(context, source, [each.range for each in ranges], lambda: None)
    assert fetch(atlas_dsn, "SELECT count(*) FROM atlas.workflows") == [(30,)]


def test_a_transaction_open_across_a_readers_pass_is_not_lost(atlas_dsn: str, tmp_path: Path) -> None:
    [organization, _] = make_legacy(atlas_dsn, workflows=4)
    context = new_context(atlas_dsn, tmp_path)
    source = plain_source(context)
    with context.connect("test", autocommit=True) as connection:
        assert all(item.always for item in install_capture(connection, source.tables))
    backfill(context, source)
    with open_public(atlas_dsn, autocommit=False) as late, at_work(context, source) as worker:
        key = add_workflow(late, organization, 500)  # its change has an earlier place, and commits last
        execute(atlas_dsn, "UPDATE workflows SET name = 'Early' WHERE name = 'Workflow 1'")
        assert catch_up(worker).written == 1
        late.commit()
        assert catch_up(worker).written == 2
    assert fetch(atlas_dsn, "SELECT count(*) FROM atlas.workflows WHERE id::text = %s", key) == [(1,)]
    assert fetch(atlas_dsn, "SELECT count(*) FROM atlas.captured_changes") == [(0,)]


def test_capture_fires_for_every_role_and_under_replication(atlas_dsn: str, tmp_path: Path) -> None:
    make_legacy(atlas_dsn, workflows=2)
    context = new_context(atlas_dsn, tmp_path)
    source = plain_source(context)
    with context.connect("test", autocommit=True) as connection:
        install_capture(connection, source.tables)
        connection.execute("DROP ROLE IF EXISTS legacy_writer")
        connection.execute("CREATE ROLE legacy_writer")
        connection.execute("GRANT ALL ON workflows TO legacy_writer")
        try:
            connection.execute("SET ROLE legacy_writer")
            connection.execute("UPDATE public.workflows SET name = 'A' WHERE name = 'Workflow 0'")
            connection.execute("RESET ROLE")
            connection.execute("SET session_replication_role = replica")
            connection.execute("UPDATE public.workflows SET name = 'B' WHERE name = 'Workflow 1'")
        finally:
            connection.execute("RESET ROLE")
            connection.execute("SET session_replication_role = origin")
            connection.execute("DROP OWNED BY legacy_writer; DROP ROLE legacy_writer")
    assert fetch(atlas_dsn, "SELECT operation, count(*) FROM atlas.captured_changes GROUP BY 1") == [("U", 2)]


def test_deleted_rows_go_and_their_entries_stay(atlas_dsn: str, tmp_path: Path) -> None:
    make_legacy(atlas_dsn, workflows=6)
    context = new_context(atlas_dsn, tmp_path)
    source = plain_source(context)
    with context.connect("test", autocommit=True) as connection:
        install_capture(connection, source.tables)
    backfill(context, source)
    [(key,)] = fetch(atlas_dsn, "DELETE FROM workflows WHERE name = 'Workflow 2' RETURNING id::text")
    with at_work(context, source) as worker:
        assert catch_up(worker).removed == 1
    assert fetch(atlas_dsn, "SELECT count(*) FROM atlas.workflows") == [(5,)]
    assert fetch(
        atlas_dsn,
        "SELECT ledger.source_deleted_at IS NOT NULL, original.content IS NOT NULL FROM atlas.migration_ledger AS ledger"
        " JOIN atlas.originals AS original USING (source_table, source_id) WHERE source_table = 'workflows' AND source_id = %s",
        key,
    ) == [(True, True)]


def test_a_truncate_is_captured_and_found_without_capture(atlas_dsn: str, tmp_path: Path) -> None:
    make_legacy(atlas_dsn, workflows=6)
    context = new_context(atlas_dsn, tmp_path)
    source = plain_source(context)
    backfill(context, source)
    execute(atlas_dsn, "TRUNCATE workflow_triggers")
    with at_work(context, source) as worker:
        assert take_deletions(worker) == 6
        assert fetch(atlas_dsn, "SELECT count(*) FROM atlas.workflow_triggers") == [(0,)]
        install_capture(worker.writer, source.tables)
        execute(atlas_dsn, "TRUNCATE workflows")
        assert catch_up(worker).removed == 6
    assert fetch(atlas_dsn, "SELECT count(*) FROM atlas.workflows") == [(0,)]


def test_the_sweep_finds_what_no_trigger_saw(atlas_dsn: str, tmp_path: Path) -> None:
    make_legacy(atlas_dsn, workflows=6)
    context = new_context(atlas_dsn, tmp_path)
    source = plain_source(context)
    with context.connect("test", autocommit=True) as connection:
        install_capture(connection, source.tables)
    backfill(context, source)
    execute(atlas_dsn, "ALTER TABLE workflows DISABLE TRIGGER USER")
    execute(atlas_dsn, "UPDATE workflows SET name = 'Unseen' WHERE name = 'Workflow 4'")
    with at_work(context, source) as worker:
        assert catch_up(worker).written == 0
        assert sweep_table(worker, source.tables[0]).written == 1
        assert sweep_table(worker, source.tables[0]).written == 0
    assert fetch(atlas_dsn, "SELECT count(*) FROM atlas.workflows WHERE name = 'Unseen'") == [(1,)]


def test_a_role_without_the_trigger_privilege_gets_a_reason(atlas_dsn: str, tmp_path: Path) -> None:
    make_legacy(atlas_dsn, workflows=1)
    context = new_context(atlas_dsn, tmp_path)
    source = plain_source(context)
    with context.connect("test", autocommit=True) as connection:
        connection.execute("CREATE ROLE bound_migrator SUPERUSER")
        try:
            connection.execute("ALTER ROLE bound_migrator NOSUPERUSER")
            connection.execute("GRANT USAGE, CREATE ON SCHEMA atlas TO bound_migrator")
            connection.execute("SET ROLE bound_migrator")
            states = install_capture(connection, source.tables)
        finally:
            connection.execute("RESET ROLE")
            connection.execute("DROP OWNED BY bound_migrator CASCADE; DROP ROLE bound_migrator")
    assert [item.is_captured for item in states] == [False, False]
    assert all(item.why and "permission denied" in item.why for item in states)


def test_only_the_run_that_is_about_an_organization_consumes_its_changes(
    atlas_dsn: str, tmp_path: Path
) -> None:
    [first, second] = make_legacy(atlas_dsn, workflows=4)
    everything = new_context(atlas_dsn, tmp_path)
    source = plain_source(everything)
    with everything.connect("test", autocommit=True) as connection:
        install_capture(connection, source.tables)
    backfill(everything, source)
    execute(atlas_dsn, "UPDATE workflows SET name = 'Changed'")
    narrow = new_context(atlas_dsn, tmp_path, scope=Scope((first,)))
    with at_work(narrow, plain_source(narrow)) as worker:
        caught = catch_up(worker)
    assert (caught.written, caught.foreign > 0) == (2, True)
    assert fetch(
        atlas_dsn, "SELECT organization_id::text FROM atlas.workflows WHERE name = 'Changed' GROUP BY 1"
    ) == [(first,)]
    with at_work(everything, source) as worker:
        assert catch_up(worker).written == 2
    assert fetch(
        atlas_dsn,
        "SELECT count(*) FROM atlas.workflows WHERE organization_id::text = %s AND name = 'Changed'",
        second,
    ) == [(2,)]
