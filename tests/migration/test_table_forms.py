"""Legacy tables in the forms that PostgreSQL knows: partitions and children are read and noted, other forms are named."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from moving_phase import fetch
from plain_source import settings_at
from test_hashes_in_sql import EDGES

from atlas_workflows.db.connect import connect
from atlas_workflows.db.rows import scalars
from atlas_workflows.db.schema import upgrade
from atlas_workflows.errors import UnknownShape
from atlas_workflows.migration.ledger.spelling import document_of
from atlas_workflows.migration.movement.capture import captured_tables, install_capture, remove_capture
from atlas_workflows.migration.movement.forms import Form, not_understood, read_forms, without_a_key
from atlas_workflows.migration.movement.source import survey
from atlas_workflows.migration.phases import phase_named
from atlas_workflows.migration.request import RunOptions, Scope
from atlas_workflows.migration.rollback import roll_back
from atlas_workflows.migration.runs.run import RunResult, run_phase
from atlas_workflows.sample.create import create_sample
from atlas_workflows.sample.spec import SampleSpec, Shape, Size
from atlas_workflows.site import Site

SMALL = SampleSpec(Shape.A, Size(organizations=3, workflows=30, executions=120, people=5), seed=3)
PARTITIONED = """
ALTER TABLE workflow_executions RENAME TO plain_executions;
CREATE TABLE workflow_executions (LIKE plain_executions INCLUDING DEFAULTS) PARTITION BY RANGE (started_at);
CREATE SCHEMA shelves;
CREATE TABLE shelves."Before 2026" PARTITION OF workflow_executions FOR VALUES FROM (MINVALUE) TO ('2026-01-01')
    PARTITION BY HASH (id);
CREATE TABLE shelves."100% old" PARTITION OF shelves."Before 2026" FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE shelves.older PARTITION OF shelves."Before 2026" FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE executions_rest PARTITION OF workflow_executions DEFAULT;
INSERT INTO workflow_executions SELECT * FROM plain_executions;
DROP TABLE plain_executions CASCADE;
"""
INHERITED = """
CREATE TABLE shelves.workflows_of_2020 () INHERITS (workflows);
WITH moved AS (DELETE FROM ONLY workflows WHERE id IN (SELECT id FROM workflows ORDER BY id LIMIT 10) RETURNING *)
INSERT INTO shelves.workflows_of_2020 SELECT * FROM moved;
"""
PARTS = ('shelves."100% old"', "shelves.older", "executions_rest", "shelves.workflows_of_2020")
TRIGGERS = "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE tgname LIKE 'atlas_capture%'"


def run_whole(dsn: str, home: Path, **options: object) -> RunResult:
    chosen = replace(RunOptions(throttle=False), **options)  # type: ignore[arg-type]
    return run_phase(phase_named("p1"), site=Site(dsn, settings_at(home)), options=chosen)


def make_untidy(dsn: str) -> None:
    create_sample(dsn, SMALL)
    with psycopg.connect(dsn) as connection:
        # What refers to rows that move has to go; such databases do without it as well.
        connection.execute(
            "DO $$ DECLARE c record; BEGIN FOR c IN SELECT conrelid::regclass AS t, conname FROM pg_constraint "
            "WHERE contype = 'f' AND confrelid IN ('workflows'::regclass, 'workflow_executions'::regclass) "
            "LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', c.t, c.conname); END LOOP; END $$"
        )
        connection.execute(PARTITIONED)
        connection.execute(INHERITED)
        # Without an identity the server itself refuses the old application's updates under such a publication.
        for part in PARTS:
            connection.execute(f"ALTER TABLE {part} REPLICA IDENTITY FULL")
        connection.execute("CREATE PUBLICATION everything FOR ALL TABLES")


@pytest.mark.timeout(900)
@pytest.mark.parametrize("every_server", ["pg_server", "pg15_server"], indirect=True)
def test_a_phase_goes_over_partitions_and_children_and_back(every_dsn: str, tmp_path: Path) -> None:
    """With a rehearsal, under a publication of all tables, and with the old application writing into the parts."""
    assert_spelled_alike(every_dsn)
    make_untidy(every_dsn)
    result = run_whole(every_dsn, tmp_path)
    assert result.status == "succeeded", result.problem
    assert result.steps["expand"].summary["swept_only"] == {}
    [(rows,)] = fetch(every_dsn, "SELECT count(*) FROM workflow_executions")
    assert rows >= SMALL.size.executions
    for table in ("workflows", "workflow_executions"):
        [(of_source, of_ledger)] = fetch(
            every_dsn,
            f"SELECT (SELECT count(*) FROM {table}),"
            f" (SELECT count(*) FROM atlas.migration_ledger WHERE source_table = '{table}')",
        )
        assert of_source == of_ledger > 0
    _write_into_the_parts(every_dsn)
    noted = fetch(
        every_dsn, "SELECT DISTINCT source_table, operation FROM atlas.captured_changes ORDER BY 1, 2"
    )
    assert noted == [
        ("workflow_executions", "D"), ("workflow_executions", "T"), ("workflows", "D"), ("workflows", "U"),
    ]  # fmt: skip
    again = run_whole(every_dsn, tmp_path, backup=False, rehearse=False)
    assert again.status == "succeeded", again.problem
    undone = roll_back(phase_named("p1"), Scope(), dsn=every_dsn, execute=True)
    assert undone.removed["workflows"] > 0
    assert fetch(every_dsn, TRIGGERS) == []


def assert_spelled_alike(dsn: str) -> None:
    """No version prints a document otherwise: hashes that one took hold on another."""
    with connect(dsn, application_name="test", autocommit=True) as connection:
        printed = scalars(
            connection, "SELECT document::jsonb::text FROM unnest(%s::text[]) AS document", [list(EDGES)]
        )
    assert printed == [document_of(text) for text in EDGES]


def _write_into_the_parts(dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "UPDATE workflows SET name = name || '!' WHERE id IN (SELECT id FROM shelves.workflows_of_2020 LIMIT 3)"
        )
        connection.execute(
            "DELETE FROM shelves.workflows_of_2020 WHERE id = (SELECT min(id::text)::uuid FROM shelves.workflows_of_2020)"
        )
        connection.execute(
            "DELETE FROM workflow_executions WHERE id IN (SELECT id FROM workflow_executions ORDER BY id LIMIT 2)"
        )
        connection.execute('TRUNCATE shelves."100% old"')


@pytest.fixture
def untidy(dsn: str) -> str:
    make_untidy(dsn)
    upgrade(dsn)
    return dsn


@pytest.fixture
def session(untidy: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with connect(untidy, application_name="test", autocommit=True) as connection:
        yield connection


def test_a_part_that_comes_or_goes_later_leaves_no_trigger_behind(
    session: psycopg.Connection[tuple[object, ...]],
) -> None:
    tables = survey(session, Scope(), RunOptions()).tables
    assert all(item.always for item in install_capture(session, tables))
    session.execute(
        "CREATE TABLE shelves.next PARTITION OF public.workflow_executions FOR VALUES FROM ('2100-01-01') TO ('2101-01-01')"
    )
    session.execute('ALTER TABLE public.workflow_executions DETACH PARTITION shelves."Before 2026"')
    session.execute("ALTER TABLE shelves.workflows_of_2020 NO INHERIT public.workflows")
    kept = {item.table: item for item in captured_tables(session)}
    assert kept["workflow_executions"].is_captured
    assert not kept["workflow_executions"].always, "the new part has no trigger for TRUNCATE yet"
    assert all(item.always for item in install_capture(session, tables))
    remove_capture(session, [table.table for table in tables])
    assert session.execute(TRIGGERS).fetchall() == []


def test_a_child_that_comes_later_is_swept_until_it_is_captured(
    session: psycopg.Connection[tuple[object, ...]],
) -> None:
    tables = survey(session, Scope(), RunOptions()).tables
    install_capture(session, tables)
    session.execute("CREATE TABLE shelves.late () INHERITS (public.workflows)")
    assert [item.table for item in captured_tables(session) if not item.is_captured] == ["workflows"]
    install_capture(session, tables)
    assert all(item.is_captured for item in captured_tables(session))


OTHER_FORMS = {
    "view": (
        "ALTER TABLE workflow_executions RENAME TO kept; CREATE VIEW workflow_executions AS SELECT * FROM kept",
        "public.workflow_executions is a view, not a table.",
    ),
    "materialized view": (
        "ALTER TABLE workflow_executions RENAME TO kept; CREATE MATERIALIZED VIEW workflow_executions AS SELECT * FROM kept",
        "public.workflow_executions is a materialized view, not a table.",
    ),
    "foreign table": (
        (
            "DROP TABLE workflow_executions CASCADE; CREATE FOREIGN DATA WRAPPER nowhere; CREATE SERVER far FOREIGN DATA WRAPPER nowhere;"
            "CREATE FOREIGN TABLE workflow_executions (id uuid) SERVER far"
        ),
        "public.workflow_executions is a foreign table, not a table.",
    ),
    "foreign part": (
        (
            "CREATE FOREIGN DATA WRAPPER nowhere; CREATE SERVER far FOREIGN DATA WRAPPER nowhere;"
            "CREATE FOREIGN TABLE far_away () INHERITS (workflow_executions) SERVER far"
        ),
        "public.workflow_executions has parts on other servers, whose changes nothing here sees: far_away.",
    ),
    "partition": (
        (
            "ALTER TABLE workflow_executions RENAME TO kept; CREATE TABLE whole (LIKE kept) PARTITION BY HASH (id);"
            "CREATE TABLE workflow_executions PARTITION OF whole FOR VALUES WITH (MODULUS 1, REMAINDER 0)"
        ),
        "public.workflow_executions is a partition of whole, not a table of its own.",
    ),
    "legacy table inside another": (
        "CREATE TABLE workflow_queue () INHERITS (workflow_executions)",
        "public.workflow_executions holds the rows of other legacy tables too: workflow_queue inherit from it.",
    ),
    "workflows themselves": (
        "ALTER TABLE workflows RENAME TO kept; CREATE VIEW workflows AS SELECT * FROM kept",
        "public.workflows is a view, not a table.",
    ),
}


@pytest.mark.parametrize("form", list(OTHER_FORMS))
def test_what_is_no_table_is_named_before_anything_is_made(dsn: str, tmp_path: Path, form: str) -> None:
    change, sentence = OTHER_FORMS[form]
    create_sample(dsn, replace(SMALL, size=Size(organizations=1, workflows=2, executions=2, people=1)))
    with psycopg.connect(dsn) as connection:
        connection.execute("DROP TABLE IF EXISTS workflow_queue CASCADE")
        connection.execute(change.encode())
    with pytest.raises(UnknownShape) as refused:
        run_whole(dsn, tmp_path)
    assert sentence in refused.value.fact
    assert fetch(dsn, "SELECT to_regnamespace('atlas')") == [(None,)]


def test_a_dry_run_names_it_too_and_a_waiver_leaves_it_out(dsn: str, tmp_path: Path) -> None:
    create_sample(dsn, SMALL)
    with psycopg.connect(dsn) as connection:
        connection.execute(OTHER_FORMS["view"][0].encode())
    dry = run_whole(dsn, tmp_path, dry_run=True)
    assert dry.status == "failed"
    assert "public.workflow_executions is a view" in (dry.problem or "")
    waived = run_whole(dsn, tmp_path, backup=False, rehearse=False, waivers={"tables": "history stays"})
    assert waived.status == "succeeded", waived.problem
    assert fetch(dsn, "SELECT detail, waive_reason FROM atlas.checklist_items WHERE item = 'tables'") == [
        (OTHER_FORMS["view"][1], "history stays")
    ]


def test_rows_that_share_a_key_are_found_where_no_index_forbids_them(untidy: str) -> None:
    with connect(untidy, application_name="test", autocommit=True) as connection:
        forms = read_forms(connection)
        assert not_understood(forms) == []
        assert {form.table for form in forms if not form.key_is_unique} >= {
            "workflows",
            "workflow_executions",
        }
        assert without_a_key(connection, forms) == []
        connection.execute(
            "INSERT INTO shelves.workflows_of_2020 SELECT * FROM ONLY public.workflows LIMIT 1"
        )
        (found,) = without_a_key(connection, read_forms(connection))
    assert "Rows of public.workflows share a key" in found


def test_a_table_without_the_key_column_is_named(untidy: str) -> None:
    with connect(untidy, application_name="test", autocommit=True) as connection:
        assert without_a_key(connection, [Form("workflow_queue", "r", has_key=False)]) == [
            "public.workflow_queue has no column id."
        ]
