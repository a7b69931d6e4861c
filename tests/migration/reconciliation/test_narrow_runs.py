"""A reconciliation that is about some organizations only, and one by several sessions: nothing is lost by either."""

import re
from typing import Any, ClassVar

import psycopg
import pytest
from as_found import told
from psycopg.sql import Composable

from atlas_workflows.db.connect import connect
from atlas_workflows.migration.reconciliation.differences import DifferenceKind
from atlas_workflows.migration.reconciliation.findings import Reconciliation
from atlas_workflows.migration.reconciliation.reconcile import reconcile
from atlas_workflows.secrets.sealing import Sealer

OWNERS = (
    "SELECT organization_id::text FROM atlas.migration_ledger WHERE source_table = 'workflow_code_snippets'"
    " AND outcome = 'migrated' GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 2"
)
ONE_OF = (
    "SELECT source_id FROM atlas.migration_ledger WHERE source_table = %s AND organization_id = %s AND outcome = 'migrated'"
    " ORDER BY source_id LIMIT 1"
)
# A row of one organization once more, under another one: beside the other by its id, or by when it began alone.
DOUBLES = {
    "workflow_code_snippets": (
        "INSERT INTO atlas.workflow_code_snippets (id, organization_id, name, code, language, source_table, source_id)"
        " SELECT gen_random_uuid(), %s, name, code, language, source_table, source_id FROM atlas.workflow_code_snippets WHERE source_id = %s"
    ),
    "workflow_executions": (
        "INSERT INTO atlas.workflow_executions (id, organization_id, status, started_at, source_table, source_id)"
        " SELECT id, %s, status, started_at, source_table, source_id FROM atlas.workflow_executions WHERE id = %s::uuid"
    ),
    "workflow_execution_steps": (
        "INSERT INTO atlas.workflow_execution_steps (id, organization_id, execution_id, started_at, position, node_id, node_type,"
        " status, source_table, source_id) SELECT id, %s, execution_id, started_at, position, node_id, node_type, status, source_table,"
        " source_id FROM atlas.workflow_execution_steps WHERE id = %s::uuid"
    ),
}


# A step of an execution as a list in it would have been moved: under the execution's source, at a place of its own.
CARRIED = (
    "INSERT INTO atlas.workflow_execution_steps (id, organization_id, execution_id, started_at, position, node_id, node_type,"
    " status, source_table, source_id) SELECT gen_random_uuid(), coalesce(%s, organization_id), id, started_at, 99, 'a', 'action',"
    " 'completed', 'workflow_executions', %s FROM atlas.workflow_executions WHERE id = %s::uuid"
)


def owners(dsn: str) -> tuple[str, str]:
    """Two organizations that have something of everything."""
    with psycopg.connect(dsn) as connection:
        (one,), (other,) = connection.execute(OWNERS).fetchall()
    return one, other


def spoil(dsn: str, statement: str, parameters: list[Any]) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        # Capture fires even then; what it sees is pending, and here nothing shall be seen.
        for table in ("workflow_executions", "workflow_execution_steps", "workflow_code_snippets"):
            connection.execute(f"ALTER TABLE public.{table} DISABLE TRIGGER ALL".encode())
        assert connection.execute(statement.encode(), parameters).rowcount == 1


def a_row_of(dsn: str, table: str, organization: str) -> str:
    with psycopg.connect(dsn) as connection:
        [(row_id,)] = connection.execute(ONE_OF, [table, organization]).fetchall()
    return str(row_id)


def of_one(found: Reconciliation, organization: str) -> dict[str, Any]:
    """What is told of one organization, without what a run about everything says of all others."""
    whole = told(found)
    return {
        "tallies": {key: value for key, value in whole["tallies"].items() if key[0] == organization},
        "kept": whole["kept"].get(organization),
        "secrets": found.secrets.get(organization),
        "differences": sorted(
            repr(item) for item in found.differences if item.organization_id == organization
        ),
    }


def test_of_one_organization_the_same_is_found_as_in_a_run_about_everything(migrated: Any, copy: str) -> None:
    one, _ = owners(copy)
    execution = a_row_of(copy, "workflow_executions", one)
    spoil(copy, "UPDATE atlas.workflow_executions SET error = 'planted' WHERE id = %s::uuid", [execution])
    alone = migrated.reconciled(copy, covered=frozenset({one}))
    assert set(alone.tallies) == {one}
    assert of_one(alone, one) == of_one(migrated.reconciled(copy), one)
    assert {item.id for item in alone.differences} == {execution}
    assert told(alone) == told(migrated.reconciled(copy, covered=frozenset({one}), set_wise=False))


@pytest.mark.parametrize("set_wise", [True, False])
def test_a_row_doubled_under_another_organization_is_named_by_a_run_about_that_one(
    migrated: Any, copy: str, set_wise: bool
) -> None:
    one, other = owners(copy)
    doubled = {table: a_row_of(copy, table, one) for table in DOUBLES}
    for table, row_id in doubled.items():
        spoil(copy, DOUBLES[table], [other, row_id])
    found = migrated.reconciled(copy, covered=frozenset({other}), set_wise=set_wise)
    named = {(item.table, item.id) for item in found.differences if item.also == one}
    assert named == set(doubled.items())
    assert {item.kind for item in found.differences if item.also == one} == {
        DifferenceKind.ORGANIZATION_DIFFERS
    }
    assert {one, other} <= found.faulty
    assert not found.is_proven(other)
    assert {item.id for item in migrated.reconciled(copy, covered=frozenset({one})).differences} >= set(
        doubled.values()
    )


@pytest.mark.parametrize("table", ["workflow_code_snippets", "workflow_execution_steps"])
def test_a_row_that_vanished_on_both_sides_is_named_by_a_run_about_its_organization(
    migrated: Any, copy: str, table: str
) -> None:
    """Nothing but the ledger, or the original alone, still knows it: no row of either side leads there."""
    one, _ = owners(copy)
    lost = a_row_of(copy, table, one)
    for schema in ("public", "atlas"):
        spoil(copy, f"DELETE FROM {schema}.{table} WHERE id = %s::uuid", [lost])
    named = migrated.reconciled(copy, covered=frozenset({one}))
    assert {(item.id, item.kind) for item in named.differences if item.table == table} == {
        (lost, DifferenceKind.LEDGER_WITHOUT_SOURCE)
    }
    assert told(named) == told(migrated.reconciled(copy, covered=frozenset({one}), set_wise=False))
    of_it = "source_table = %s AND source_id = %s"
    spoil(copy, f"DELETE FROM atlas.migration_ledger WHERE {of_it}", [table, lost])
    assert {
        (item.id, item.kind)
        for item in migrated.reconciled(copy, covered=frozenset({one})).differences
        if item.table == table
    } == {(lost, DifferenceKind.ORIGINAL_WITHOUT_LEDGER)}


# A source row once more under other words, with an original for it; the ledger hears nothing of it.
AGAIN = """
WITH row AS (
    INSERT INTO public.workflow_code_snippets
    SELECT (jsonb_populate_record(s, jsonb_build_object('id', gen_random_uuid(), 'organization_id', %s::text))).*
    FROM public.workflow_code_snippets AS s WHERE id = %s::uuid
    RETURNING id::text
)
INSERT INTO atlas.originals
SELECT (jsonb_populate_record(o, jsonb_build_object('source_id', row.id))).*
FROM row, atlas.originals AS o WHERE o.source_table = 'workflow_code_snippets' AND o.source_id = %s
RETURNING source_id
"""


def test_an_original_that_no_row_leads_to_is_named_by_a_run_about_its_organization(
    migrated: Any, copy: str
) -> None:
    """Its row names no organization or another one, has no entry and nothing here; or a change of it is still to be taken up."""
    one, other = owners(copy)
    table = "workflow_code_snippets"
    snippet = a_row_of(copy, table, one)
    with psycopg.connect(copy, autocommit=True) as connection:
        connection.execute(
            f"ALTER TABLE public.{table} DISABLE TRIGGER ALL, ALTER organization_id DROP NOT NULL".encode()
        )
        alone = [
            connection.execute(AGAIN.encode(), [named, snippet, snippet]).fetchall()[0][0]
            for named in (None, other, other)
        ]
    spoil(
        copy,
        "INSERT INTO atlas.captured_changes (source_table, source_id, operation) VALUES (%s, %s, 'U')",
        [table, alone[-1]],
    )
    found = migrated.reconciled(copy, covered=frozenset({one}))
    without = {item.id for item in found.differences if item.kind == DifferenceKind.ORIGINAL_WITHOUT_LEDGER}
    assert without == set(alone)
    assert told(found) == told(migrated.reconciled(copy, covered=frozenset({one}), set_wise=False))


def test_what_is_written_under_another_organization_is_named_by_a_run_about_that_one(
    migrated: Any, copy: str
) -> None:
    """Ledger and original of a row, both moved to where its source does not belong."""
    one, other = owners(copy)
    step, execution = (a_row_of(copy, f"workflow_execution{end}", one) for end in ("_steps", "s"))
    for name, table, row_id in (
        ("migration_ledger", "workflow_execution_steps", step),
        ("originals", "workflow_executions", execution),
    ):
        spoil(
            copy,
            f"UPDATE atlas.{name} SET organization_id = %s WHERE source_table = %s AND source_id = %s",
            [other, table, row_id],
        )
    found = migrated.reconciled(copy, covered=frozenset({other}))
    assert {(item.id, item.column) for item in found.differences} == {
        (step, "migration_ledger.organization_id"),
        (execution, "originals.organization_id"),
    }


def test_a_step_of_an_execution_that_stands_under_another_organization_is_named_by_a_run_about_that_of_the_execution(
    migrated: Any, copy: str
) -> None:
    one, other = owners(copy)
    execution = a_row_of(copy, "workflow_executions", one)
    spoil(copy, CARRIED, [other, execution, execution])
    found = migrated.reconciled(copy, covered=frozenset({one}))
    # What is counted of its workflow's steps differs as well.
    assert {item.kind for item in found.differences if item.id == execution} >= {
        DifferenceKind.ORGANIZATION_DIFFERS,
        DifferenceKind.TARGET_DIFFERS,
    }
    assert {item.table for item in found.differences} == {"workflow_executions", "workflows"}
    assert told(found) == told(migrated.reconciled(copy, covered=frozenset({one}), set_wise=False))


def test_a_row_that_names_a_source_table_and_no_row_of_it_is_found(migrated: Any, copy: str) -> None:
    """A step in an execution, and an execution of the same id that began at another time."""
    one, _ = owners(copy)
    execution = a_row_of(copy, "workflow_executions", one)
    again = (
        "INSERT INTO atlas.workflow_executions (id, organization_id, status, started_at, source_table)"
        " SELECT id, organization_id, status, started_at + interval '1 s', source_table FROM atlas.workflow_executions"
        " WHERE id = %s::uuid"
    )
    for statement, parameters in ((CARRIED, [None, None, execution]), (again, [execution])):
        spoil(copy, statement, parameters)
    found = migrated.reconciled(copy)
    without = {item.column for item in found.differences if item.kind == DifferenceKind.TARGET_WITHOUT_LEDGER}
    assert without == {"workflow_execution_steps", "workflow_executions"}
    assert told(found) == told(migrated.reconciled(copy, set_wise=False))


def test_a_change_of_organization_that_is_still_to_be_taken_up_is_pending_for_the_one_it_leaves(
    migrated: Any, copy: str
) -> None:
    one, other = owners(copy)
    snippet = a_row_of(copy, "workflow_code_snippets", one)
    with psycopg.connect(copy, autocommit=True) as connection:
        connection.execute(
            "UPDATE public.workflow_code_snippets SET organization_id = %s WHERE id = %s::uuid",
            [other, snippet],
        )
        [(captured,)] = connection.execute("SELECT count(*) FROM atlas.captured_changes").fetchall()
    assert captured == 1
    whole, alone = migrated.reconciled(copy), migrated.reconciled(copy, covered=frozenset({one}))
    assert alone.differences == []
    tallies = [found.tallies[one]["workflow_code_snippets"] for found in (whole, alone)]
    assert tallies[0].pending == tallies[1].pending == 1
    assert tallies[0].source_rows == tallies[1].source_rows
    assert not alone.is_proven(one)


def test_rows_without_an_organization_are_those_of_the_one_that_an_operator_named(
    migrated: Any, copy: str
) -> None:
    """Also in a later run about that organization, whatever its options say."""
    one, _ = owners(copy)
    snippet = a_row_of(copy, "workflow_code_snippets", one)
    with psycopg.connect(copy, autocommit=True) as connection:
        connection.execute("ALTER TABLE public.workflow_code_snippets ALTER organization_id DROP NOT NULL")
    spoil(
        copy, "UPDATE public.workflow_code_snippets SET organization_id = NULL WHERE id = %s::uuid", [snippet]
    )
    spoil(
        copy,
        "UPDATE atlas.migration_ledger SET outcome = 'migrated_with_warnings', reasons = '[{\"code\": \"ORGANIZATION_ASSUMED\"}]'"
        " WHERE source_table = 'workflow_code_snippets' AND source_id = %s",
        [snippet],
    )
    whole, alone = migrated.reconciled(copy), migrated.reconciled(copy, covered=frozenset({one}))
    counts = [found.tallies[one]["workflow_code_snippets"].outcomes for found in (whole, alone)]
    assert counts[0] == counts[1]
    assert counts[1]["migrated_with_warnings"] == 1
    assert snippet in {item.id for item in alone.differences}


def test_several_sessions_find_the_same_in_one_snapshot(migrated: Any, copy: str) -> None:
    heard: list[tuple[str, int, int]] = []
    alone = migrated.reconciled(copy)
    found = migrated.reconciled(copy, sessions=3, report=lambda *said: heard.append(said))
    assert told(found) == told(alone)
    assert (found.sessions, len(found.snapshots)) == (3, 1)
    assert [done for _, done, _ in heard] == sorted(done for _, done, _ in heard)
    assert (
        heard[-1][1]
        == heard[-1][2]
        == sum(tally.source_rows for tables in found.tallies.values() for tally in tables.values())
    )
    assert {"workflows", "workflow_executions"} <= found.seconds.keys()


def test_what_stops_one_session_ends_the_others(migrated: Any, copy: str) -> None:
    with psycopg.connect(copy, autocommit=True) as connection:
        connection.execute("ALTER TABLE atlas.quarantine RENAME reasons TO gone")
    with pytest.raises(psycopg.errors.UndefinedColumn):
        migrated.reconciled(copy, sessions=2)
    with psycopg.connect(copy) as connection:
        [(open_ones,)] = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'test'"
        ).fetchall()
    assert open_ones == 0


class Noted(psycopg.Cursor[Any]):
    """Notes what it is asked."""

    asked: ClassVar[list[str]] = []

    def execute(self, query: Any, *given: Any, **options: Any) -> Any:
        self.asked.append(query.as_string(self) if isinstance(query, Composable) else str(query))
        return super().execute(query, *given, **options)


def read_whole(migrated: Any, dsn: str) -> tuple[Reconciliation, set[str]]:
    """What is found, and which tables of ours are held against the ledger as a whole on the way."""
    Noted.asked.clear()
    with connect(dsn, application_name="test", autocommit=True, cursor_factory=Noted) as connection:
        found = reconcile(connection, Sealer(migrated.settings.secret_keys))
    return found, {match[1] for text in Noted.asked if (match := WHOLE.match(text))}


WHOLE = re.compile(r'SELECT t\.source_table, .* FROM "atlas"\."(\w+)" AS t WHERE .* NOT EXISTS', re.DOTALL)
BY_SETS = {"workflow_executions", "workflow_execution_steps", "workflow_analytics", "workflow_code_snippets"}


def test_large_tables_are_read_as_a_whole_only_where_a_row_shows_that_there_is_something_to_find(
    migrated: Any, copy: str
) -> None:
    found, whole = read_whole(migrated, copy)
    assert found.is_clean
    assert "workflows" in whole
    assert not whole & BY_SETS
    copied = "(SELECT (jsonb_populate_record(s, jsonb_build_object('id', gen_random_uuid()))).* FROM public.{0} AS s LIMIT 1)"
    with psycopg.connect(copy, autocommit=True) as connection:
        for table in ("workflow_executions", "workflow_execution_steps", "workflow_code_snippets"):
            connection.execute(f"INSERT INTO public.{table} {copied.format(table)}".encode())
        [(captured,)] = connection.execute("SELECT count(*) FROM atlas.captured_changes").fetchall()
    assert captured == 3
    found, whole = read_whole(migrated, copy)
    assert (
        sum(tables[table].pending for tables in found.tallies.values() for table in BY_SETS & tables.keys())
        == 3
    )
    assert not whole & BY_SETS, "what came and is not taken up yet has nothing here to find"
    execution = a_row_of(copy, "workflow_executions", owners(copy)[0])
    spoil(copy, "DELETE FROM public.workflow_executions WHERE id = %s::uuid", [execution])
    found, whole = read_whole(migrated, copy)
    assert execution in {item.id for item in found.differences}
    assert whole & BY_SETS == {"workflow_executions", "workflow_execution_steps"}
